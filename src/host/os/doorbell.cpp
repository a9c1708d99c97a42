// How no ring is lost.
//
// In the futex. Count and sleeper's mark are one word, so there is no order between two words to
// get wrong. The sleeper turns `2n` into `2n + 1` and lets the kernel compare the word with `2n +
// 1` while it goes to sleep; a ringer adds 2, and if the old word was odd takes the mark away and
// wakes. Whatever a ringer does between the sleeper's mark and its system call changes the word, so
// the kernel refuses to sleep and the sleeper looks again. The mark is gone after the first ring: a
// burst costs one system call. The data: ring() releases, the load that sees the new count
// acquires.
//
// In poll. The sleeper writes `announced_` and then reads `word_`; the ringer writes `word_` and
// then reads `announced_`. All four are seq_cst, so at least one of them sees the other: either the
// ringer writes to the eventfd, or announce()'s read of `word_` synchronises with the ring and the
// look after it finds what the ringer left.
//
// `is_lit_` spares a burst the writes: only who turns it on writes. quiet() empties the eventfd
// first and turns it off after; a ring in between writes nothing, but quiet()'s exchange reads that
// ring's, so that the look after it finds what the ringer left. (A write that is late makes the
// descriptor readable once too often, never once too seldom.)
//
// Who rings only if heard: the sleeper counts itself among the listeners, has a barrier in all
// threads, and looks. A ringer that made something visible before its part of the barrier is found
// by that look; one that does so after it sees the listener, and rings as all others do.
#include "host/os/doorbell.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <climits>

#include "host/os/barrier.h"
#include "host/os/clock.h"
#include "host/os/error.h"

namespace mycelium::os {
namespace {

constexpr std::uint32_t asleep = 1;
constexpr std::uint32_t one_ring = 2;
constexpr int looks = 50;   // about 2 µs: what a hand-over between two running threads takes
constexpr int yields = 20;  // lets the ringer run where threads share a core
constexpr Duration long_yield = std::chrono::microseconds{30};
constexpr int waits_without_yields = 500;

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the futex is the word");

void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

int futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
          const timespec* deadline) noexcept {
    return static_cast<int>(
        ::syscall(SYS_futex, &word, operation, value, deadline, nullptr, FUTEX_BITSET_MATCH_ANY));
}

}  // namespace

std::uint32_t Doorbell::ticket() const noexcept {
    return word_.load(std::memory_order_acquire) & ~asleep;
}

bool Doorbell::is_rung(std::uint32_t ticket) const noexcept { return this->ticket() != ticket; }

bool Doorbell::spin(std::uint32_t ticket) noexcept {
    for (int look = 0; look < looks; ++look) {
        if (is_rung(ticket)) return true;
        pause();
    }
    // Where others want the core, too, a yield costs a turn of theirs, and sleeping gives a better
    // place in the queue: after one that took long the next waits do without.
    if (const int skip = skip_yields_.load(std::memory_order_relaxed); skip > 0) {
        skip_yields_.store(skip - 1, std::memory_order_relaxed);
        return is_rung(ticket);
    }
    Instant before = now();
    for (int yield = 0; yield < yields; ++yield) {
        if (is_rung(ticket)) return true;
        ::sched_yield();
        const Instant after = now();
        if (after - before > long_yield) {
            skip_yields_.store(waits_without_yields, std::memory_order_relaxed);
            break;
        }
        before = after;
    }
    return is_rung(ticket);
}

// False: rung meanwhile. Pairs with the fetch_and in ring(). Failing with the mark already there is
// as good.
bool Doorbell::mark_asleep(std::uint32_t ticket) noexcept {
    std::uint32_t word = ticket;
    return word_.compare_exchange_strong(word, ticket | asleep, std::memory_order_acq_rel,
                                         std::memory_order_acquire) ||
           word == (ticket | asleep);
}

bool Doorbell::wait(std::uint32_t ticket, Instant deadline) noexcept {
    if (is_rung(ticket)) return true;
    if (deadline != never && deadline <= now()) return false;
    if (spin(ticket)) return true;
    const timespec until = absolute(deadline);
    for (;;) {
        if (!mark_asleep(ticket)) return true;
        // FUTEX_WAIT_BITSET takes its deadline as an absolute time of CLOCK_MONOTONIC.
        const int woken = futex(word_, FUTEX_WAIT_BITSET_PRIVATE, ticket | asleep,
                                deadline == never ? nullptr : &until);
        if (woken < 0 && errno == ETIMEDOUT) return is_rung(ticket);
        if (is_rung(ticket)) return true;
    }
}

Slept Doorbell::wait(std::uint32_t ticket, Instant deadline, std::span<SleepWord* const> words,
                     Kernel kernel) noexcept {
    for (;;) {
        if (!mark_asleep(ticket)) return Slept::woken;
        const Slept slept = sleep_on(words, &word_, ticket | asleep, deadline, kernel);
        if (slept == Slept::unsupported) return is_rung(ticket) ? Slept::woken : slept;
        if (is_rung(ticket) || !all_asleep(words)) return Slept::woken;
        // A peer can wake us for nothing, again and again, but not beyond the deadline.
        if (slept == Slept::deadline || (deadline != never && deadline <= now())) {
            return Slept::deadline;
        }
    }
}

void Doorbell::ring() noexcept {
    const int saved_errno = errno;  // a signal handler may ring
    const std::uint32_t before = word_.fetch_add(one_ring, std::memory_order_seq_cst);
    if ((before & asleep) != 0) {
        word_.fetch_and(~asleep, std::memory_order_acq_rel);
        futex(word_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
    }
    if (announced_.load(std::memory_order_seq_cst) != 0 && generation_ == fork_generation()) {
        const int fd = eventfd_.load(std::memory_order_acquire);
        if (fd >= 0 && !is_lit_.exchange(true, std::memory_order_acq_rel)) {
            ::eventfd_write(fd, 1);
        }
    }
    errno = saved_errno;
}

void Doorbell::ring_if_heard_fenced() noexcept {
    // acq_rel: either this is before the sleeper's read-modify-write, which then sees what we made
    // visible, or it sees the sleeper.
    if (listeners_.fetch_or(0, std::memory_order_acq_rel) != 0) ring();
}

void Doorbell::listen() noexcept {
    listeners_.fetch_add(1, std::memory_order_acq_rel);
    (void)barrier_within();
}

void Doorbell::stop_listening() noexcept { listeners_.fetch_sub(1, std::memory_order_relaxed); }

Result<int> Doorbell::fd() noexcept {
    if (generation_ != fork_generation()) return forked();
    int existing = eventfd_.load(std::memory_order_acquire);
    if (existing >= 0) return existing;
    Fd fresh = Fd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fresh) return error_from(errno, "eventfd");
    if (!eventfd_.compare_exchange_strong(existing, fresh.get(), std::memory_order_acq_rel)) {
        return existing;  // another thread was faster; ours closes
    }
    owned_eventfd_ = std::move(fresh);
    return eventfd_.load(std::memory_order_relaxed);
}

void Doorbell::announce() noexcept {
    announced_.fetch_add(1, std::memory_order_seq_cst);
    // A read that no compiler leaves out; pairs with the fetch_add in ring().
    word_.fetch_add(0, std::memory_order_seq_cst);
}

void Doorbell::withdraw() noexcept { announced_.fetch_sub(1, std::memory_order_acq_rel); }

void Doorbell::quiet() noexcept {
    if (generation_ != fork_generation()) return;
    const int fd = eventfd_.load(std::memory_order_acquire);
    if (fd < 0) return;
    // Read even when unlit: a ringer's late write may have come after the last quiet().
    eventfd_t rings = 0;
    ::eventfd_read(fd, &rings);
    is_lit_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace mycelium::os
