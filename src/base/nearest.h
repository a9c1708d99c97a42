// What somebody probably meant who wrote a name wrong.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mycelium::base {

/// The name that is fewest slips (a letter too many, too few, wrong, or two swapped) from `word`;
/// or which `word` begins. Empty: none is near.
std::string nearest(std::string_view word, std::span<const std::string> names);
/// " (did you mean X?)" with the nearest name; empty: none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> names);

}  // namespace mycelium::base
