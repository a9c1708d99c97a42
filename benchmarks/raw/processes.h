// Processes: those that one measurement runs in, and the watch over them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mycelium::bench {

/// Runs each body in a process forked for it, until all have ended; a body returns whether it came
/// to its end. After `limit_seconds`, or when one fails, all are killed. Returns why, or nothing.
/// The calling process must have no other thread (it forks) and is without children afterwards.
/// While it runs, SIGINT and SIGTERM end it, and `was_interrupted()` tells it.
std::string run_processes(const std::vector<std::function<bool()>>& bodies, double limit_seconds);

/// A signal asked this process to end: nothing is measured any more.
bool was_interrupted() noexcept;

}  // namespace mycelium::bench
