// Messages of 64 bytes by way of a relay, a process of its own.
#pragma once

#include <cstddef>
#include <string_view>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// There by the relay, back directly.
Measurement own_relay_round_trip(std::string_view scheme, const Plan& plan);
/// `at_once` in one publish call, to so many consumers.
Measurement own_relay_stream(std::string_view scheme, const Plan& plan, std::size_t at_once,
                             std::size_t consumers);

}  // namespace mycelium::bench
