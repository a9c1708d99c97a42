// What `mycelium relay list` says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mycelium/relay.h>

namespace mycelium::cli {

/// What a management verb has done: "paused", ….
std::string outcome_of(std::string_view verb);

/// From two reports of one relay, a moment apart: the rates are of that moment.
std::string text_of(const RelayReport& before, const RelayReport& now);
std::string json_of(const RelayReport& before, const RelayReport& now);

}  // namespace mycelium::cli
