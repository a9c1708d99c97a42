// Count: a number that one owner at a time changes and anybody may read, also from another process.
#pragma once

#include <atomic>
#include <cstdint>

namespace mycelium::base {

/// One word of memory that may be shared. Whoever changes it holds the lock that the word belongs
/// to, so that counting is a load and a store and no read-modify-write. Zeroed memory is a Count
/// of 0.
class Count {
public:
    Count() noexcept = default;
    Count(const Count&) = delete;

    Count& operator=(const Count& other) noexcept { return *this = std::uint64_t{other}; }
    Count& operator=(std::uint64_t value) noexcept {
        word_.store(value, std::memory_order_relaxed);
        return *this;
    }
    Count& operator+=(std::uint64_t more) noexcept { return *this = *this + more; }
    Count& operator-=(std::uint64_t less) noexcept { return *this = *this - less; }
    Count& operator++() noexcept { return *this += 1; }
    Count& operator--() noexcept { return *this -= 1; }
    operator std::uint64_t() const noexcept { return word_.load(std::memory_order_relaxed); }

    /// Pairs with publish().
    std::uint64_t acquire() const noexcept { return word_.load(std::memory_order_acquire); }
    void publish(std::uint64_t value) noexcept { word_.store(value, std::memory_order_release); }
    /// A full fence besides.
    void add_fenced(std::uint64_t more) noexcept {
        word_.fetch_add(more, std::memory_order_seq_cst);
    }

private:
    std::atomic<std::uint64_t> word_{0};
};

static_assert(sizeof(Count) == 8 && std::atomic<std::uint64_t>::is_always_lock_free);

/// While one lives, readers take the words that `version` guards for unfinished: it is odd. One
/// within another does nothing. A holder that is stopped or killed leaves it odd, and a reader
/// must never wait for it.
class Change {
public:
    explicit Change(Count& version) noexcept : version_(version), before_(version) {
        if (is_outer()) {
            version_ = before_ + 1;
            fence();
        }
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    ~Change() {
        if (is_outer()) version_.publish(before_ + 2);  // pairs with the acquire of a reader
    }

private:
    bool is_outer() const noexcept { return (before_ & 1) == 0; }
    /// What is stored after it is not seen before the odd version; free on x86.
    static void fence() noexcept {
#if defined(__SANITIZE_THREAD__)
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the sanitizer knows no other
#else
        std::atomic_thread_fence(std::memory_order_release);
#endif
    }

    Count& version_;
    const std::uint64_t before_;
};

}  // namespace mycelium::base
