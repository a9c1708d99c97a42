// mycelium stats: what nodes count, and how fast.
#pragma once

#include <string>

#include <mycelium/time.h>

namespace mycelium::cli {

struct StatsOptions {
    std::string which;  ///< a pid or a node's name; empty: all nodes
    Duration interval = std::chrono::seconds{1};
    bool json = false;
};

/// Returns the exit status.
int run_stats(const StatsOptions& options);

}  // namespace mycelium::cli
