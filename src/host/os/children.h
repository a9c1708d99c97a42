// Who is whose child, from /proc.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <vector>

#include <mycelium/time.h>

#include "host/os/kernel.h"

namespace mycelium::os::children {

inline constexpr std::size_t looked_at_max = 4096;  ///< processes of one tree

/// The children of a process, of all its threads. Those that have ended and are not waited for are
/// among them. Empty, too, if there is no /proc.
std::vector<pid_t> of(pid_t pid, Kernel kernel = this_kernel());
/// All below it, itself not included; at most looked_at_max.
std::vector<pid_t> below(pid_t pid, Kernel kernel = this_kernel());

/// The calling process's children, if it has one thread. Async-signal-safe; `each` may kill them.
void for_each_of_single_thread(bool has_proc_children, void (*each)(pid_t)) noexcept;

/// What the processes have used, those that they have waited for included.
struct Usage {
    Duration processor{};
    std::size_t resident_bytes = 0;
};
Usage usage_of(const std::vector<pid_t>& pids);

}  // namespace mycelium::os::children
