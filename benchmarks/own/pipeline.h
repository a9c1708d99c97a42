// The trading pipeline, flat out: five services, three relays, a supervisor.
#pragma once

#include <string>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// Trades per second, from the venue by way of a relay to the strategy and the table. `program`:
/// the path of mycelium-trading.
Measurement own_pipeline(const std::string& program, const std::string& mode, const Plan& plan);

}  // namespace mycelium::bench
