// Publish/subscribe, measured: between processes, or between two threads for inproc.
#pragma once

#include <cstddef>
#include <string_view>

#include <mycelium/ext/ports.h>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// There and back over a pair of publishers and subscribers. Messages of 64 bytes are FLAT, all
/// others Bytes.
Measurement own_round_trip(std::string_view scheme, const Plan& plan,
                           Waiting waiting = Waiting::adaptive);

/// One publisher to subscribers that block it, each in a process of its own. `at_once`: so many in
/// one publish.
Measurement own_stream(std::string_view scheme, const Plan& plan, std::size_t at_once = 1,
                       std::size_t receivers = 1);

/// The same with memory that the publisher lends and the subscriber reads where it is: of each
/// message the first and the last word are written and looked at.
Measurement own_loan_round_trip(std::string_view scheme, const Plan& plan);
Measurement own_loan_stream(std::string_view scheme, const Plan& plan);

/// shared_ptr to an object of a type that cannot leave the process: the pointer is what arrives.
Measurement own_pointer_round_trip(const Plan& plan);
Measurement own_pointer_stream(const Plan& plan);

}  // namespace mycelium::bench
