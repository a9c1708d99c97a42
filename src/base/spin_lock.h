// A lock for a handful of instructions.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace mycelium::base {

/// Tells the core that this is a busy wait.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Lockable. Never held over a system call or foreign code, so waiting for it is short, but for the
/// time that its holder is put aside: then it is given the processor.
class SpinLock {
public:
    void lock() noexcept {
        // acquire pairs with the release in unlock()
        while (held_.exchange(true, std::memory_order_acquire))
            for (int spins = 0; held_.load(std::memory_order_relaxed); ++spins)
                if (spins < spins_max)
                    relax();
                else
                    std::this_thread::yield();
    }
    void unlock() noexcept { held_.store(false, std::memory_order_release); }

private:
    static constexpr int spins_max = 100;
    std::atomic<bool> held_{false};
};

}  // namespace mycelium::base
