// A lock for a handful of instructions.
#pragma once

#include <atomic>

#include "base/relax.h"
#include "host/os/thread.h"

namespace mycelium::os {

/// Lockable. Never held over a system call or foreign code, so waiting for it is short, but for the
/// time that its holder is put aside: then it is given the processor.
class SpinLock {
public:
    void lock() noexcept {
        // acquire pairs with the release in unlock()
        while (held_.exchange(true, std::memory_order_acquire))
            for (int spins = 0; held_.load(std::memory_order_relaxed); ++spins)
                if (spins < spins_max)
                    base::relax();
                else
                    yield();
    }
    void unlock() noexcept { held_.store(false, std::memory_order_release); }

private:
    static constexpr int spins_max = 100;
    std::atomic<bool> held_{false};
};

}  // namespace mycelium::os
