// Machine: a few words of shared memory and the threads that look at them, under a weak memory
// order.
//
// The order is that of C++ without its exotic corner, told as an operational semantics with views.
// Each word keeps every value it was given, in modification order. Each thread has a view: for each
// word, the oldest value it may still read.
// * A load reads any value that is not older than the view. With acquire it takes over the view
// that the value carries.
// * A store puts its value anywhere after what the thread has seen of this word. With release the
// value carries the
//   thread's whole view, else what was seen at the thread's last release fence.
// * A read-modify-write reads a value and puts its own directly behind: nothing ever comes between
// the two. It
//   hands on what the value that it replaced carried. A compare-and-exchange that fails is a load.
// * A seq_cst fence exchanges views with all other such fences. `membarrier` is one such fence of
// the caller, then one
//   in every other thread, each at a moment of its own, then one more of the caller.
// * A load may also be *late*: it is performed at any moment until its value is needed, a release,
// a full fence or an
//   access to the same word. So loads are overtaken by later stores, as on ARM.
//
// Included are therefore: store buffers (x86), reordering of all pairs of independent accesses,
// stores that reach different threads in different order. Not included: values out of thin air,
// stores that do not wait for the branch or the address they depend on (no processor lets them go),
// and seq_cst loads and stores (the protocol has none).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mycelium::models {

using Value = std::uint8_t;

inline constexpr std::size_t words_max = 16;
inline constexpr std::size_t values_max = 16;  ///< of one word, that some thread may still read
inline constexpr std::size_t threads_max = 4;
inline constexpr std::size_t late_loads_max = 3;  ///< of one thread at a time

enum class Order : std::uint8_t { relaxed, acquire, release, acq_rel };

/// One word of shared memory as a model declares it. A word is named by its index in that list.
struct Word {
    std::string name;
    Value initial = 0;
};

/// For each word the index, in modification order, of the oldest value that may still be read.
struct View {
    std::array<std::uint8_t, words_max> oldest{};
    void join(const View& other) noexcept;
};

/// A value that a word was given.
struct Written {
    View view;  ///< what an acquiring reader takes over
    Value value = 0;
    bool replaces = false;  ///< by a read-modify-write: stays directly behind its predecessor
};

/// What a word was given, in modification order; values that nobody can read any more are
/// forgotten.
struct History {
    std::array<Written, values_max> written{};
    std::uint8_t size = 0;
};

/// A load that is still to be performed.
struct LateLoad {
    enum class Phase : std::uint8_t { none, pending, performed };
    Phase phase = Phase::none;
    std::uint8_t word = 0;
    std::uint8_t oldest = 0;  ///< of this word, when the load was issued
    Value value = 0;
};

struct ThreadState {
    View current;
    View acquired;  ///< what an acquire fence would add
    View released;  ///< what a relaxed store hands on: the view at the last release fence
    std::array<LateLoad, late_loads_max> late{};
    std::uint16_t at = 0;         ///< the step of its program that comes next
    bool is_done = false;         ///< its program has ended
    bool is_interrupted = false;  ///< owes another thread's membarrier a fence
    bool is_asleep = false;       ///< in the futex of word `sleeps_at`
    std::uint8_t sleeps_at = 0;
};

/// A value: the whole machine at one moment.
class Machine {
public:
    Machine(const std::vector<Word>& words, std::size_t threads);

    bool is_done() const noexcept;
    std::size_t threads() const noexcept { return thread_count_; }
    const ThreadState& thread(std::size_t index) const noexcept { return threads_[index]; }
    /// The last value in modification order.
    Value last(std::size_t word) const noexcept;
    /// Forgets what can no longer be read, so that machines that behave alike are equal.
    void forget_the_unreadable() noexcept;
    /// Some word had more than `values_max` readable values: the exploration is worth nothing.
    bool is_overfull() const noexcept { return is_overfull_; }
    /// Adds all that makes a difference.
    template <class Hash>
    void hash_into(Hash& hash) const;

private:
    friend class Cpu;
    /// Makes room for a value at `index`: every view moves along.
    Written& insert(std::size_t word, std::size_t index) noexcept;
    template <class Visit>
    void for_each_view(Visit&& visit) noexcept;

    std::array<History, words_max> histories_{};
    std::array<ThreadState, threads_max> threads_{};
    View fenced_;   ///< what seq_cst fences have exchanged so far
    View elapsed_;  ///< what existed when `time_passes` was last called
    std::size_t word_count_;
    std::size_t thread_count_;
    bool is_overfull_ = false;
};

template <class Hash>
void Machine::hash_into(Hash& hash) const {
    for (std::size_t word = 0; word < word_count_; ++word) {
        const History& history = histories_[word];
        hash.add(history.size);
        for (std::size_t index = 0; index < history.size; ++index) {
            const Written& written = history.written[index];
            hash.add(written.value | (written.replaces ? 0x100U : 0U));
            hash.add(written.view.oldest);
        }
    }
    for (std::size_t index = 0; index < thread_count_; ++index) {
        const ThreadState& thread = threads_[index];
        hash.add(thread.current.oldest);
        hash.add(thread.acquired.oldest);
        hash.add(thread.released.oldest);
        for (const LateLoad& load : thread.late) {
            hash.add(static_cast<std::uint64_t>(load.phase) | std::uint64_t{load.word} << 8 |
                     std::uint64_t{load.oldest} << 16 | std::uint64_t{load.value} << 24);
        }
        hash.add(std::uint64_t{thread.at} | std::uint64_t{thread.is_done} << 16 |
                 std::uint64_t{thread.is_interrupted} << 17 |
                 std::uint64_t{thread.is_asleep} << 18 | std::uint64_t{thread.sleeps_at} << 24);
    }
    hash.add(fenced_.oldest);
    hash.add(elapsed_.oldest);
}

}  // namespace mycelium::models
