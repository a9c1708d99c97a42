// A service that is killed, and what its supervisor does about it.
#pragma once

#include <string>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// From SIGKILL to the line with which `mycelium up` says so. `command`: the path of mycelium.
Measurement own_death_seen(const std::string& command, const Plan& plan);
/// From SIGKILL to the first message of the service that was started again.
Measurement own_restart(const std::string& command, const Plan& plan);
/// From the start of the same service, without a supervisor, to its first message.
Measurement own_start(const std::string& command, const Plan& plan);

}  // namespace mycelium::bench
