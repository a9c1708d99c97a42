// mycelium up: starts the services of a fabric file and keeps them running.
#pragma once

#include <string>
#include <vector>

namespace mycelium::cli {

struct UpOptions {
    std::string file;
    std::string mode;  ///< empty: the file's
    std::string host;
    std::vector<std::string> services;  ///< empty: all
    bool checks_only = false;
};

/// Returns the exit status.
int run_up(const UpOptions& options);

}  // namespace mycelium::cli
