// Fd: an owned descriptor that knows whether this process is a forked child of the one that opened
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace mycelium::os {

/// How many times this process has been forked into being since the library was loaded: 0 in the
/// first process, and another number in each child (set by a pthread_atfork handler, which also
/// closes every descriptor owned by an Fd).
inline constinit std::atomic<std::uint32_t> fork_generation_now{0};  // the handler's
inline std::uint32_t fork_generation() noexcept {
    return fork_generation_now.load(std::memory_order_relaxed);
}

/// Owns one descriptor, always close-on-exec. In a forked child the atfork handler closed it
/// already, so there the destructor does nothing and get() answers -1. Moves only. One thread at a
/// time.
class Fd {
public:
    Fd() noexcept = default;
    /// Takes ownership and registers the number for the atfork handler.
    static Fd adopt(int fd) noexcept;
    Fd(Fd&& other) noexcept;
    Fd& operator=(Fd&& other) noexcept;
    ~Fd();

    int get() const noexcept;  ///< -1: none, or forked
    explicit operator bool() const noexcept { return get() >= 0; }
    void reset() noexcept;   ///< closes now
    int release() noexcept;  ///< gives the number away, unregistered

    /// Another number for the same; none: there are no free ones.
    Fd duplicate() const noexcept;

private:
    int fd_ = -1;
    std::uint32_t generation_ = 0;
};

}  // namespace mycelium::os
