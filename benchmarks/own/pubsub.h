// Publish/subscribe, measured: between two processes, or between two threads for inproc.
#pragma once

#include <cstddef>
#include <string_view>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// There and back over a pair of publishers and subscribers. Messages of 64 bytes are FLAT, all
/// others Bytes.
Measurement own_round_trip(std::string_view scheme, const Plan& plan);

/// One publisher to one subscriber that blocks it. `at_once`: so many in one publish.
Measurement own_stream(std::string_view scheme, const Plan& plan, std::size_t at_once = 1);

/// shared_ptr to an object of a type that cannot leave the process: the pointer is what arrives.
Measurement own_pointer_round_trip(const Plan& plan);
Measurement own_pointer_stream(const Plan& plan);

}  // namespace mycelium::bench
