// Memory files of other processes, found by name through /proc.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// One memfd that a process holds.
struct HeldFile {
    pid_t pid = 0;
    std::string path;  ///< /proc/PID/fd/N
    std::uint64_t inode = 0;

    /// For reading. Errors: denied, unavailable (it has gone).
    Result<Fd> open() const;
};

struct HeldMemory {
    std::vector<HeldFile> files;           ///< by pid; one of each process's
    std::size_t processes_unreadable = 0;  ///< that are other users'
};

/// Looks at every descriptor of every process, or of one, for memfds of that name. Errors:
/// unavailable (there is no /proc, or no such process), denied (one was asked for, and is another
/// user's).
Result<HeldMemory> find_held_memory(std::string_view name);
Result<HeldMemory> find_held_memory(std::string_view name, pid_t pid);

}  // namespace mycelium::os
