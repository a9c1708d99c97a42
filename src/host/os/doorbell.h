// Doorbell: where one port sleeps until rung. An event count over a futex, or over an eventfd inside the port's epoll
// set when the port also waits for descriptors.
#pragma once

#include <atomic>
#include <cstdint>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// Any thread rings; several threads may wait. No ring between ticket() and wait() is ever lost. Ringing costs one
/// atomic read-modify-write while nobody sleeps, and one system call otherwise.
class Doorbell {
public:
    std::uint32_t ticket() const noexcept;
    /// Sleeps until rung after `ticket` was taken, or `deadline`. False: the deadline passed.
    bool wait(std::uint32_t ticket, Instant deadline) noexcept;
    /// Wakes all that sleep. Async-signal-safe.
    void ring() noexcept;

    /// From now on ring() also makes this descriptor readable (level-triggered) until quiet(). Created once, then
    /// constant; errors: overloaded (EMFILE). The sleeper that polls it announces itself with announce().
    Result<int> fd() noexcept;
    /// While announced (a count), ring() writes to the eventfd. Call announce(), look once more, poll, then withdraw().
    void announce() noexcept;
    void withdraw() noexcept;
    /// Makes fd() unreadable.
    void quiet() noexcept;

private:
    std::atomic<std::uint32_t> rings_{0};
    std::atomic<std::uint32_t> sleepers_{0};   // in the futex
    std::atomic<std::uint32_t> announced_{0};  // in poll
    std::atomic<int> eventfd_{-1};
    Fd owned_eventfd_;
};

}  // namespace mycelium::os
