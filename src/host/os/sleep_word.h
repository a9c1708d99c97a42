// SleepWord: one end's place to sleep in memory that it shares with another process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/time.h>

#include "host/os/barrier.h"
#include "host/os/clock.h"
#include "host/os/kernel.h"

namespace mycelium::os {

/// Lies in memory that both processes write. Whatever a lying peer puts there, or how often it
/// wakes the futex, costs a needless look or a needless wake, never more.
///
/// The sleeper stores how it is going to sleep, calls barrier_everywhere(), looks once more,
/// sleeps, looks again when second_look_after has passed, and stores `awake` again. The ringer
/// first makes visible what is to be found, then calls ring().
using SleepWord = std::atomic<std::uint32_t>;
static_assert(SleepWord::is_always_lock_free && sizeof(SleepWord) == sizeof(std::uint32_t));

inline constexpr std::uint32_t awake = 0;
inline constexpr std::uint32_t asleep_in_futex = 1;  ///< at this word: sleep_on()
inline constexpr std::uint32_t asleep_in_poll = 2;   ///< to be woken by a byte on the socket

enum class Wake : std::uint8_t {
    nobody,     ///< the other end is awake
    futex,      ///< it was woken
    by_socket,  ///< the caller sends one byte
};

/// The rare half of ring(): takes the word and wakes.
Wake wake(SleepWord& word) noexcept;

/// After something was made visible: wakes the other end, once for each time that it fell asleep.
/// A plain load while it is awake: the sleeper's barrier_everywhere() orders it after the stores
/// before. Async-signal-safe.
inline Wake ring(SleepWord& word) noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (word.load(std::memory_order_relaxed) == awake) [[likely]]
        return Wake::nobody;
    return wake(word);
}

/// The same where the sleeper has no barrier: the ringer pays for the order. The sleeper stores its
/// mark with an exchange.
inline Wake ring(SleepWord& word, bool is_fenced) noexcept {
    if (is_fenced) return ring(word);
    // acq_rel: either this is before the sleeper's exchange, which then sees what we made visible,
    // or it sees the mark.
    return word.fetch_or(0, std::memory_order_acq_rel) == awake ? Wake::nobody : wake(word);
}

inline constexpr std::size_t slept_on_words_max = 127;

enum class Slept : std::uint8_t {
    woken,        ///< by a wake, a changed word, a signal, or for nothing: look
    deadline,     ///< it passed
    unsupported,  ///< no futex_waitv here, or no memory for it, or too many words: poll instead
};

/// Sleeps until one of `words` (at most slept_on_words_max) is no longer asleep_in_futex, `own` (a
/// word of this process alone; may be null) is no longer `own_value`, or the deadline. Does not
/// sleep when one has changed already. There is at least one word to sleep on.
Slept sleep_on(std::span<SleepWord* const> words, const std::atomic<std::uint32_t>* own,
               std::uint32_t own_value, Instant deadline, Kernel kernel = this_kernel()) noexcept;

/// `wait(until)`: false at its end. Where sleep words are marked, with a second `look` in between,
/// second_look_after: the barrier may have missed who rings them.
template <class Look, class Wait>
bool wait_looking_again(bool is_marked, Instant deadline, Look look, Wait wait) {
    const Instant soon = is_marked ? now() + second_look_after : deadline;
    if (soon < deadline && (wait(soon) || look())) return true;
    return wait(deadline);
}

/// Whether each is still asleep_in_futex. What was made visible before a word changed is visible.
bool all_asleep(std::span<SleepWord* const> words) noexcept;

}  // namespace mycelium::os
