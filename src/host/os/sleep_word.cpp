#include "host/os/sleep_word.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include "host/os/clock.h"

namespace mycelium::os {
namespace {

static_assert(slept_on_words_max + 1 == FUTEX_WAITV_MAX);

// The kernel's own, 64 bits wide on every machine.
struct KernelTime {
    std::int64_t seconds;
    std::int64_t nanoseconds;
};

template <class Word>
futex_waitv waiter(Word* word, std::uint32_t value, std::uint32_t flags) noexcept {
    return {.val = value,
            .uaddr = reinterpret_cast<std::uintptr_t>(word),
            .flags = FUTEX_32 | flags,
            .__reserved = 0};
}

Slept wait_on(std::span<const futex_waitv> waiters, Instant deadline) noexcept {
    const timespec until = absolute(deadline);
    const KernelTime time{.seconds = until.tv_sec, .nanoseconds = until.tv_nsec};
    const long woken = ::syscall(SYS_futex_waitv, waiters.data(), waiters.size(), 0U,
                                 deadline == never ? nullptr : &time, CLOCK_MONOTONIC);
    if (woken >= 0 || errno == EAGAIN || errno == EINTR) return Slept::woken;
    return errno == ETIMEDOUT ? Slept::deadline : Slept::unsupported;
}

}  // namespace

Wake wake(SleepWord& word) noexcept {
    // Whoever takes the mark wakes: several ringers of one word wake once. Orders the sleeper's
    // next look after what we made visible, if it is this exchange that lets it go on.
    switch (word.exchange(awake, std::memory_order_acq_rel)) {
        case asleep_in_poll:
            return Wake::by_socket;
        case asleep_in_futex: {
            const int saved_errno = errno;
            ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
            errno = saved_errno;
            return Wake::futex;
        }
        default:
            return Wake::nobody;  // another ringer was faster, or the peer writes nonsense
    }
}

Slept sleep_on(std::span<SleepWord* const> words, const std::atomic<std::uint32_t>* own,
               std::uint32_t own_value, Instant deadline, Kernel kernel) noexcept {
    if (!kernel.has_futex_waitv || words.size() > slept_on_words_max) return Slept::unsupported;
    std::array<futex_waitv, FUTEX_WAITV_MAX> waiters;
    std::size_t count = 0;
    for (SleepWord* word : words) waiters[count++] = waiter(word, asleep_in_futex, 0);
    if (own != nullptr) waiters[count++] = waiter(own, own_value, FUTEX_PRIVATE_FLAG);
    return wait_on(std::span{waiters}.first(count), deadline);
}

bool all_asleep(std::span<SleepWord* const> words) noexcept {
    return std::all_of(words.begin(), words.end(), [](const SleepWord* word) {
        return word->load(std::memory_order_acquire) == asleep_in_futex;
    });
}

}  // namespace mycelium::os
