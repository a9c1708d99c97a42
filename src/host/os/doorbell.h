// Doorbell: where one port sleeps until rung. An event count over a futex, or over an eventfd
// inside the port's epoll set when the port also waits for descriptors.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/fd.h"
#include "host/os/kernel.h"
#include "host/os/sleep_word.h"

namespace mycelium::os {

/// Any thread rings; several threads may wait. No ring between ticket() and wait() is ever lost.
/// Ringing costs one atomic read-modify-write while nobody sleeps, and one system call for the
/// first ring after somebody fell asleep.
///
/// The loop of a sleeper:
///     ticket = bell.ticket(); look, and if there is something: done; bell.wait(ticket, deadline).
/// Of one who polls descriptors as well, after one call of bell.fd():
///     bell.announce(); look, and if there is something: bell.withdraw(), done; poll fd() among
///     others; bell.withdraw(); bell.quiet() if it was fd(); look.
/// A ringer first makes visible what is to be found, then rings.
class Doorbell {
public:
    std::uint32_t ticket() const noexcept;
    /// Sleeps until rung after `ticket` was taken, or `deadline`. False: the deadline passed. Spins
    /// for a few microseconds before it sleeps.
    bool wait(std::uint32_t ticket, Instant deadline) noexcept;
    /// The same, and ends also when one of `words` (at most slept_on_words_max) is no longer
    /// asleep_in_futex. Does not spin: the caller has looked already. unsupported: poll instead.
    Slept wait(std::uint32_t ticket, Instant deadline, std::span<SleepWord* const> words,
               Kernel kernel = this_kernel()) noexcept;
    /// Wakes all that sleep. Async-signal-safe.
    void ring() noexcept;

    /// For those who ring for each of many messages: rings only if somebody would hear it, else a
    /// plain load. Nobody does but between listen() and stop_listening().
    /// `is_barred`: os::reachable_by_barriers() held in this process when asked.
    void ring_if_heard(bool is_barred) noexcept {
        // The sleeper's barrier orders the load after what was made visible before it; without one
        // the ringer pays for that.
        if (!is_barred) return ring_if_heard_fenced();
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (listeners_.load(std::memory_order_relaxed) != 0) ring();
    }
    /// Whoever is about to wait for such ringers: take a ticket, listen(), look once more, wait(),
    /// stop_listening(). A few µs. For a descriptor in a stranger's hands: once and for all.
    void listen() noexcept;
    void stop_listening() noexcept;

    /// From now on ring() also makes this descriptor readable (level-triggered) until quiet(),
    /// while announced. Created once, then constant; errors: overloaded (EMFILE), closed (forked).
    /// The sleeper that polls it announces itself with announce(); for a descriptor in a stranger's
    /// hands announce once and for all, then ring() once.
    Result<int> fd() noexcept;
    /// While announced (a count), ring() writes to the eventfd. Call announce(), look once more,
    /// poll, then withdraw().
    void announce() noexcept;
    void withdraw() noexcept;
    /// Makes fd() unreadable. Look once more afterwards, before sleeping or saying "empty": it
    /// takes back all rings so far.
    void quiet() noexcept;

private:
    bool is_rung(std::uint32_t ticket) const noexcept;
    bool spin(std::uint32_t ticket) noexcept;
    bool mark_asleep(std::uint32_t ticket) noexcept;
    void ring_if_heard_fenced() noexcept;

    // Twice the number of rings, plus one while somebody sleeps in the futex.
    std::atomic<std::uint32_t> word_{0};
    std::atomic<std::uint32_t> announced_{0};  // in poll
    std::atomic<std::uint32_t> listeners_{0};
    std::atomic<int> skip_yields_{0};  // waits that are to do without; a hint
    std::atomic<bool> is_lit_{
        false};  // the eventfd is readable, or a ringer is about to make it so
    std::atomic<int> eventfd_{-1};
    const std::uint32_t generation_ = fork_generation();
    Fd owned_eventfd_;  // written once, by the thread that won the exchange of eventfd_
};

}  // namespace mycelium::os
