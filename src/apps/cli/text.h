// Text that came from elsewhere, made fit to be shown.
#pragma once

#include <string>
#include <string_view>

namespace mycelium::cli {

/// Bytes that are not UTF-8 become '?'.
std::string printable(std::string_view text);
/// The same with control characters, also those of two bytes (U+0080 to U+009F), as escapes: what a
/// peer sent stays on its line, and tells a terminal nothing.
std::string one_line(std::string_view text);

}  // namespace mycelium::cli
