// Cpu: what one thread of a model does to the machine in one step of its program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "machine.h"

namespace mycelium::models {

/// The choices of one step. Made anew for each step; `next` goes through all combinations, the
/// first one included.
class Choices {
public:
    bool next();
    /// One of `count` ways, counted from zero.
    std::size_t pick(std::size_t count);

private:
    struct Pick {
        std::size_t choice;
        std::size_t count;
    };
    std::vector<Pick> picks_;
    std::size_t used_ = 0;
    bool has_begun_ = false;
};

/// What a step did, for the story of a fault.
struct Event {
    const char* what = "";
    std::uint8_t thread = 0;
    std::uint8_t word = 0;
    Value value = 0;
};

/// How a sleep may end by itself.
enum class TimeOut : std::uint8_t {
    never,
    perhaps,  ///< it may, but nobody may rely on it: who can only be woken so sleeps for ever
    certain,
};

/// Lives for one step. A step that cannot be done now (a wait, a late load that has to come first)
/// is marked as blocked and what it did is thrown away, so the program need not look.
class Cpu {
public:
    Cpu(Machine& machine, std::size_t thread, Choices& choices)
        : machine_{machine}, me_{machine.threads_[thread]}, index_{thread}, choices_{choices} {}

    Value load(std::size_t word, Order order);
    void store(std::size_t word, Value value, Order order);
    /// Returns the value that was replaced.
    Value exchange(std::size_t word, Value value, Order order);
    /// Returns the value that was seen; it was replaced if it is `expected`. Failure acquires if
    /// success does.
    Value compare_exchange(std::size_t word, Value expected, Value desired, Order order);
    /// A loop of loads until one reads a value that is wanted. The only access of its step.
    Value await(std::size_t word, const std::function<bool(Value)>& is_wanted, Order order);

    /// A loop of compare-and-exchange until one succeeds, as of a spin lock. The only access of its
    /// step.
    void await_exchange(std::size_t word, Value expected, Value desired, Order order);

    /// Issues a relaxed load into register `slot`; `late` waits for it.
    void load_late(std::size_t slot, std::size_t word);
    Value late(std::size_t slot);
    /// Nobody wants the value any more.
    void forget_late(std::size_t slot) { me_.late[slot] = LateLoad{}; }

    void acquire_fence();
    void release_fence();
    void full_fence();
    /// The system call's beginning; the next step is `membarrier_returns`.
    void membarrier();
    void membarrier_returns();

    /// The kernel compares: if the word reads `expected` the thread is asleep, which the next step,
    /// `sleep`, waits out.
    void futex_wait(std::size_t word, Value expected);
    /// Asleep without a comparison: what no futex does.
    void fall_asleep(std::size_t word);
    /// Wakes all who sleep at this word.
    void futex_wake(std::size_t word);
    /// Goes on when woken, or at once if not asleep. False: timed out.
    bool sleep(TimeOut time_out);
    /// Waits until the word is not 0, as poll does for a byte on a socket. False: timed out.
    bool poll(std::size_t word, TimeOut time_out);
    /// All threads have seen by now what existed at the last call, by whichever thread. What "a
    /// millisecond later" means: it is long for a store buffer.
    void time_passes();
    /// Learns all that the other has done, as by reading the end of its socket.
    void learn_all_of(std::size_t thread);

    /// One of `count` things that the model leaves open.
    std::size_t choose(std::size_t count) { return pick(count); }
    /// A claim about this moment; the first that does not hold is the model's fault.
    void check(bool holds, const char* claim);

    /// What the word holds in the end.
    Value last(std::size_t word) const noexcept { return machine_.last(word); }

    // For the explorer.
    std::uint16_t& at() noexcept { return me_.at; }
    void finish() noexcept { me_.is_done = true; }
    void perform_late(std::size_t slot);
    void answer_membarrier();
    bool is_blocked() const noexcept { return is_blocked_; }
    bool goes_on_waiting() const noexcept { return goes_on_waiting_; }
    bool is_optional() const noexcept { return is_optional_; }
    const char* fault() const noexcept { return fault_; }
    const Event& event() const noexcept { return event_; }

private:
    std::size_t pick(std::size_t count);
    std::size_t pick_readable(std::size_t word, std::size_t oldest);
    Value read(std::size_t word, std::size_t index, Order order);
    Value replace(std::size_t word, std::size_t index, Value value, Order order);
    void publish(std::size_t word, std::size_t index, Written& written, Order order);
    std::vector<std::size_t> replaceable(std::size_t word) const;
    void wait_for_late_loads();
    void wait_for_late_load_of(std::size_t word);
    void note(const char* what, std::size_t word = 0, Value value = 0);

    Machine& machine_;
    ThreadState& me_;
    std::size_t index_;
    Choices& choices_;
    bool is_blocked_ = false;
    bool goes_on_waiting_ = false;
    bool is_optional_ = false;
    const char* fault_ = nullptr;
    Event event_;
};

}  // namespace mycelium::models
