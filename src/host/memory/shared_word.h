// Words in memory shared with other processes: how they are stored, so that a test can stop a
// process at each of these moments.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/copy.h"
#include "base/endian.h"

namespace mycelium::memory {

using SharedWord = std::atomic<std::uint64_t>;
static_assert(SharedWord::is_always_lock_free && sizeof(SharedWord) == 8);

#ifdef MYCELIUM_COUNT_COPIES
/// The test build calls it after each store to shared memory.
inline std::atomic<void (*)() noexcept> after_shared_store{nullptr};
inline void shared_store_done() noexcept {
    if (const auto hook = after_shared_store.load(std::memory_order_relaxed)) hook();
}
#else
inline void shared_store_done() noexcept {}
#endif

/// What hands something over to the other end. The test build of tests/races weakens the store of
/// one of them, to see that ThreadSanitizer then finds a race.
enum class Handover : std::uint8_t { commit, head, release, nothing };
#ifndef MYCELIUM_WEAKEN
#define MYCELIUM_WEAKEN nothing
#endif
constexpr bool is_weakened(Handover what) noexcept { return what == Handover::MYCELIUM_WEAKEN; }
constexpr std::memory_order released_by(Handover what) noexcept {
    return is_weakened(what) ? std::memory_order_relaxed : std::memory_order_release;
}

template <class Word, class Value>
void put(std::atomic<Word>& word, Value value,
         std::memory_order order = std::memory_order_relaxed) noexcept {
    word.store(value, order);
    shared_store_done();
}

// Copies that another process may disturb: who made one believes nothing of it before it has
// checked that nobody did. ThreadSanitizer, which would call that a race, sees them as atomic.
#if defined(__SANITIZE_THREAD__)
#define MYCELIUM_COPIES_BY_WORD_ 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MYCELIUM_COPIES_BY_WORD_ 1
#endif
#endif

/// `size` is a multiple of 8 and both lie at multiples of 8.
inline void copy_out(std::byte* to, const std::byte* from, std::size_t size) noexcept {
#ifdef MYCELIUM_COPIES_BY_WORD_
    for (std::size_t at = 0; at < size; at += 8) {
        const std::uint64_t word =
            reinterpret_cast<const SharedWord*>(from + at)->load(std::memory_order_relaxed);
        base::store_little(to + at, word);
    }
#else
    base::copy(to, from, size);
#endif
}

inline void copy_in(std::byte* to, const std::byte* from, std::size_t size) noexcept {
#ifdef MYCELIUM_COPIES_BY_WORD_
    for (std::size_t at = 0; at < size; ++at)
        reinterpret_cast<std::atomic<std::byte>*>(to + at)->store(from[at],
                                                                  std::memory_order_relaxed);
#else
    base::copy(to, from, size);
#endif
    shared_store_done();
}

}  // namespace mycelium::memory
