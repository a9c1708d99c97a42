// mycelium ls: which nodes there are on this machine, and who is linked to whom.
#pragma once

namespace mycelium::cli {

struct LsOptions {
    bool json = false;
};

/// Returns the exit status.
int run_ls(const LsOptions& options);

}  // namespace mycelium::cli
