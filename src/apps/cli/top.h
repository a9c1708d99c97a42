// mycelium top: the busiest links, live.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <mycelium/time.h>

namespace mycelium::cli {

struct TopOptions {
    std::string which;  ///< a pid or a node's name; empty: all nodes
    Duration interval = std::chrono::seconds{1};
    bool once = false;
};

/// Returns the exit status.
int run_top(const TopOptions& options);

}  // namespace mycelium::cli
