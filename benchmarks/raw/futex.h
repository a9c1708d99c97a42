// A word in shared memory at which one process sleeps and others wake it.
#pragma once

#include <atomic>
#include <cstdint>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mycelium::bench {

/// Sleeps until it is woken, or for no reason; not at all if `is_there()` says, after the word was
/// set, that there is nothing to wait for.
template <class IsThere>
void sleep_unless(std::atomic<std::uint32_t>& sleeps, IsThere&& is_there) noexcept {
    sleeps.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the waker's
    if (is_there())
        sleeps.store(0, std::memory_order_relaxed);
    else
        ::syscall(SYS_futex, &sleeps, FUTEX_WAIT, 1, nullptr, nullptr, 0);
}

/// After a fence behind what was made visible.
inline void wake_sleeper(std::atomic<std::uint32_t>& sleeps) noexcept {
    if (sleeps.load(std::memory_order_relaxed) == 0) return;
    if (sleeps.exchange(0, std::memory_order_relaxed) != 0)
        ::syscall(SYS_futex, &sleeps, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace mycelium::bench
