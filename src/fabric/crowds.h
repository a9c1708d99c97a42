// Crowds: when a reader does better to rest for a moment than to sleep until it is woken.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <mycelium/time.h>

namespace mycelium::fabric {

/// Where processors are fewer than those who want them, a reader that sleeps whenever it has caught
/// up is woken for every few messages: for each of them it goes to sleep, and the writer wakes it,
/// by system calls. If many messages came before each of its last sleeps, it rests instead: nobody
/// has to wake it, and it finds more at once. One thread at a time.
class Crowds {
public:
    void came(std::size_t messages) noexcept { came_ += messages; }
    /// The reader has caught up and is about to sleep. How long it should rest instead; 0: sleep.
    Duration rest(bool is_core_wanted) noexcept {
        crowds_ = came_ >= crowd ? std::min(crowds_ + 1, crowds_to_rest) : 0;
        came_ = 0;
        return is_core_wanted && crowds_ == crowds_to_rest ? usual : Duration{0};
    }

private:
    static constexpr std::size_t crowd = 32;
    static constexpr int crowds_to_rest = 4;
    // The kernel makes up to twice as long of it. Shorter ones are better for a single reader,
    // longer ones for several, up to where the queues are full in the meantime.
    static constexpr Duration usual = std::chrono::microseconds{50};
    std::size_t came_ = 0;
    int crowds_ = 0;
};

}  // namespace mycelium::fabric
