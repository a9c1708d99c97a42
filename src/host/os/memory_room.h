// How much memory is left before the kernel starts to kill.
#pragma once

#include <cstdint>
#include <string>

namespace mycelium::os {

inline constexpr std::uint64_t memory_plenty = ~std::uint64_t{0};

/// Where the kernel publishes its figures; a test lays out its own.
struct MemoryFiles {
    std::string proc = "/proc";
    std::string cgroups = "/sys/fs/cgroup";
};

/// Bytes that this process may still fill: the least of what its control groups (version 2 or 1,
/// the own one and those above it) and the machine have left, counting files' pages as free because
/// the kernel takes them back. memory_plenty: nothing says otherwise. A figure of a moment, others
/// use memory, too. Opens some files, about 50 µs: not for every message.
std::uint64_t memory_room(const MemoryFiles& files = {}) noexcept;

}  // namespace mycelium::os
