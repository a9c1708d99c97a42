// What a link costs over which nothing passes.
#pragma once

#include <string>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

enum class Idle : std::uint8_t {
    wake_ups,  ///< how often a thread of either side ran: in two seconds, in a short plan in half a
               ///< one
    publisher_memory,   ///< bytes for each further link, at its publisher's side
    subscriber_memory,  ///< the same at its subscriber's
};

/// One publisher, and subscribers in one other process.
Measurement own_idle(const std::string& scheme, const Plan& plan, Idle idle);

}  // namespace mycelium::bench
