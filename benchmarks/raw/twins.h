// Twins: the two sides of one measurement, as two processes or as two threads of one, and the watch
// over them; in a fan-out with further receivers.
#pragma once

#include <functional>
#include <vector>

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/processes.h"

namespace mycelium::bench {

enum class Company {
    processes,  ///< each side is a process of its own
    threads,    ///< both are threads of one process
    alone,      ///< there is only the near side
};

struct Twins {
    Company company = Company::processes;
    /// They run in processes forked for this measurement and may start threads; what they throw is
    /// its error.
    std::function<void(Arena&)> near;
    std::function<void(Arena&)> far;
    /// The arena's others, at most receivers_max - 1 of them; only as processes.
    std::vector<std::function<void(Arena&)>> others = {};
    /// Carries messages from the near side to the others; only as processes. Empty: nobody does.
    std::function<void(Arena&)> between = {};
};

/// Runs all sides to their end, as run_processes() does, and reads what they measured; what failed
/// is its error. Interrupted before, it does nothing.
Measurement run_twins(const Twins& twins, double limit_seconds);

}  // namespace mycelium::bench
