// MemoryGroup: a control group of the kernel's with a limit on memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mycelium::attack {

/// Made below a group that was handed to us: the one that MYCELIUM_CGROUP names, else this
/// process's own if it is the root of what it sees. Anybody else's are not touched. Removed with
/// the object, when those in it have ended.
class MemoryGroup {
public:
    /// Throws std::runtime_error with the reason why there is none.
    explicit MemoryGroup(std::size_t bytes_max);
    ~MemoryGroup();
    MemoryGroup(const MemoryGroup&) = delete;
    MemoryGroup& operator=(const MemoryGroup&) = delete;

    const std::string& path() const noexcept { return path_; }
    /// How many the kernel has killed for want of memory.
    std::uint64_t kills() const;
    std::uint64_t used_bytes() const;

private:
    std::string path_;
    bool is_version_1_ = false;
};

}  // namespace mycelium::attack
