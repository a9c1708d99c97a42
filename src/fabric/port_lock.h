// PortLock: one caller at a time inside a port, and the driver in between.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/relax.h"
#include "host/os/thread.h"

namespace mycelium::fabric {

/// Two facts in one word, so that a call costs one read-modify-write: a caller is inside (it may be
/// asleep there), and somebody, caller or driver, holds the port's state. A second caller is turned
/// away; the driver waits its turn.
class PortLock {
public:
    /// The calling thread goes in and holds the state. False: another caller is inside.
    bool enter() noexcept {
        for (int looks = 0;; ++looks) {
            std::uint32_t seen = 0;
            // acquire pairs with the releases in leave(), pause() and unlock()
            if (word_.compare_exchange_weak(seen, inside | held, std::memory_order_acquire,
                                            std::memory_order_relaxed))
                return true;
            if ((seen & inside) != 0) return false;
            wait_a_moment(looks);
        }
    }
    void leave() noexcept { word_.store(0, std::memory_order_release); }
    /// Stays inside but lets the driver at the state: before sleeping.
    void pause() noexcept { word_.store(inside, std::memory_order_release); }
    void resume() noexcept { lock(); }

    /// For whoever is not a caller.
    void lock() noexcept {
        for (int looks = 0;; ++looks) {
            std::uint32_t seen = word_.load(std::memory_order_relaxed);
            if ((seen & held) == 0 &&
                word_.compare_exchange_weak(seen, seen | held, std::memory_order_acquire,
                                            std::memory_order_relaxed))
                return;
            wait_a_moment(looks);
        }
    }
    void unlock() noexcept {  // nobody else changes the word while it is held
        word_.store(word_.load(std::memory_order_relaxed) & ~held, std::memory_order_release);
    }
    /// Of the holder: is a caller inside, asleep?
    bool has_caller() const noexcept {
        return (word_.load(std::memory_order_relaxed) & inside) != 0;
    }

private:
    static constexpr std::uint32_t inside = 1;
    static constexpr std::uint32_t held = 2;

    static void wait_a_moment(int looks) noexcept {
        if (looks < 100)
            base::relax();
        else
            os::yield();
    }

    std::atomic<std::uint32_t> word_{0};
};

/// Leaves at the end of a call that entered.
struct Leaving {
    PortLock& lock;
    ~Leaving() { lock.leave(); }
};

}  // namespace mycelium::fabric
