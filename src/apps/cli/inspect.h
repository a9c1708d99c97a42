// mycelium inspect: what lies in a process's shared memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mycelium::cli {

struct InspectOptions {
    std::int64_t pid = 0;
    std::size_t records = 8;
};

/// Returns the exit status.
int run_inspect(const InspectOptions& options);

}  // namespace mycelium::cli
