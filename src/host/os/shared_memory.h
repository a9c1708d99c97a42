// SharedMemory: memory without a name that two processes map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <mycelium/result.h>

#include "host/os/fd.h"
#include "host/os/kernel.h"

namespace mycelium::os {

/// One memfd and its map. Moves only. The map lives as long as the object, lies in no core dump,
/// and cannot lose its pages: its file is sealed against growing, shrinking and further seals. In a
/// forked child a writable map is absent and the object does nothing. One thread at a time, but the
/// memory belongs to whoever the protocol in it says.
class SharedMemory {
public:
    enum class Kind : std::uint8_t {
        log,  ///< only its maker writes: nobody can make another writable map, and fd() is a
              ///< descriptor opened read-only
        subscription,  ///< both ends write
        looked_at,     ///< opening only: whoever writes it, we do not
    };

    /// New, zeroed, not yet backed by pages. `name` shows in /proc/PID/fd as memfd:mycelium.NAME
    /// (its first 240 bytes). Errors: overloaded (no memory, descriptors, or room under
    /// RLIMIT_FSIZE or the control group's limit), unsupported (no memfd, or a kernel before
    /// Linux 5.1).
    static Result<SharedMemory> create(const std::string& name, std::size_t size, Kind kind,
                                       Kernel kernel = this_kernel());
    /// A descriptor that a peer sent. Checks that it is a memfd of ordinary pages, sealed as `kind`
    /// wants, and at least `size_min` bytes; maps its whole size, or its first `size_max` bytes. A
    /// log is mapped read-only. Errors: malformed (says what is wrong), overloaded, closed
    /// (forked).
    static Result<SharedMemory> open(Fd descriptor, Kind kind, std::size_t size_min,
                                     std::size_t size_max);

    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory& operator=(SharedMemory&& other) noexcept;
    ~SharedMemory();

    /// nullptr and 0 once moved from, and for a writable map in a forked child.
    std::byte* data() const noexcept { return is_mapped() ? data_ : nullptr; }
    std::size_t size() const noexcept { return is_mapped() ? size_ : 0; }
    std::span<std::byte> span() const noexcept { return {data(), size()}; }
    /// False for a peer's log: storing there raises SIGSEGV.
    bool is_writable() const noexcept { return is_writable_; }

    int fd() const noexcept { return fd_.get(); }     ///< -1 once dropped, or forked
    void drop_descriptor() noexcept { fd_.reset(); }  ///< the map stays

    /// Makes sure that these bytes have pages, so that writing them cannot end in SIGBUS or at the
    /// hands of the OOM killer. What is in them stays. Once per page that will be used, not per
    /// message: a system call, and some more for every MiB. Errors: overloaded (no memory for
    /// them), invalid (not these bytes, or not writable), closed (forked).
    Result<void> touch(std::size_t offset, std::size_t bytes) noexcept;

private:
    SharedMemory(Fd fd, Kernel kernel) noexcept;
    Result<void> map(std::size_t size, bool is_writable);
    Result<void> seal(Kind kind);
    Result<void> reserve_room(std::size_t bytes);
    void unmap() noexcept;
    bool is_mapped() const noexcept { return !is_writable_ || generation_ == fork_generation(); }

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    Fd fd_;
    Kernel kernel_;
    bool is_writable_ = false;
    std::uint32_t generation_ = 0;
    std::size_t granted_ = 0;  // bytes that may be touched before the room is looked up again
};

}  // namespace mycelium::os
