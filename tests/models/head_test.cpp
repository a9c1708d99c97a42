// The head: reader and writer move it against each other while the writer overwrites what it
// dropped.
//
// The ring has five words and records have two, so that with each lap payloads lie where commit
// words lay. Message n's record is at position 2 (n - 1).
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

#include "explorer.h"
#include "weakening.h"

namespace mycelium::models {
namespace {

constexpr std::size_t capacity = 5;
constexpr Value record_size = 2;
constexpr Value last_message = 5;

// Words: the ring, the head, two slots of three words.
constexpr std::size_t head = capacity;
enum SlotWord : std::size_t { sequence, position, dropped };
constexpr std::size_t slot_word(std::size_t slot, SlotWord word) {
    return head + 1 + 3 * slot + word;
}

constexpr Value position_of(Value message) {
    return static_cast<Value>(record_size * (message - 1));
}
constexpr std::size_t cell(std::size_t at) { return at % capacity; }

/// By message. They look like the number of the record that began, or will begin, at that place; or
/// like none.
using Payloads = std::array<Value, last_message + 1>;
constexpr Payloads like_numbers{0, 4, 5, 1, 2, 3};
constexpr Payloads like_no_number{0, 91, 92, 93, 94, 95};

struct Protocol {
    Payloads payloads = like_numbers;
    Order commit = Order::release;
    Order look = Order::acquire;
    Order take = Order::acq_rel;          // the reader's move of head
    Order drop = Order::release;          // the writer's
    Order look_at_head = Order::acquire;  // the reader's
    Order writers_look_at_head = Order::acquire;
    bool take_is_one_step = true;  // else load, compare, store
    bool drop_is_one_step = true;
    Value copied_at_once_max = 1;
    bool copies_before_it_takes = true;
    bool fills_the_slot_first = true;
    bool has_two_slots = true;
    bool accuses_only_by_compare_exchange = true;
    bool drops_before_it_overwrites = true;
};

struct State {
    // The writer's.
    Value message = 1;
    Value head_seen = 1;
    Value to = 0;
    Value slot = 0;  // the one to fill
    Value result = 0;
    Value dropped = 0;  // in truth
    Value writer_has_ended = 0;
    // The reader's.
    Value next = 1;
    Value position = 0;
    Value commit_word = 0;
    Value until = 0;  // after what it has copied
    Value moved = 0;
    Value candidate = 0;
    Value found = 0;
    Value has_dropped_late = 0;  // register 2 holds what the slot says
    Value known_dropped = 0;
    Value taken = 0;
    Value dropped_when_taken = 0;  // in truth
    Value knows_the_end = 0;
};

class Subscription {
public:
    explicit Subscription(const Protocol& protocol) : how_{protocol} {}

    void writer(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.message = 1; s.message <= last_message; ++s.message) {
            while (how_.drops_before_it_overwrites && s.head_seen + 1 < s.message) {
                MYCELIUM_STEP s.head_seen = cpu.load(head, how_.writers_look_at_head);
                if (s.head_seen + 1 >= s.message) break;
                s.to = static_cast<Value>(s.message - 1U + cpu.choose(2));  // as needed, or a hop
                if (how_.fills_the_slot_first) {
                    MYCELIUM_STEP cpu.store(slot_word(s.slot, sequence), s.to, Order::relaxed);
                    MYCELIUM_STEP cpu.store(slot_word(s.slot, position), position_of(s.to),
                                            Order::relaxed);
                    MYCELIUM_STEP cpu.store(slot_word(s.slot, dropped), dropped_with(s),
                                            Order::relaxed);
                }
                if (how_.drop_is_one_step) {
                    MYCELIUM_STEP s.result =
                        cpu.compare_exchange(head, s.head_seen, s.to, how_.drop);
                    if (s.result == s.head_seen) count_drop(s);
                } else {
                    MYCELIUM_STEP s.result = cpu.load(head, Order::acquire);
                    if (s.result == s.head_seen) {
                        MYCELIUM_STEP cpu.store(head, s.to, how_.drop);
                        count_drop(s);
                    }
                }
                if (!how_.fills_the_slot_first && s.result == s.head_seen) {
                    MYCELIUM_STEP cpu.store(slot_word(s.slot, position), position_of(s.to),
                                            Order::relaxed);
                    MYCELIUM_STEP cpu.store(slot_word(s.slot, dropped), s.dropped, Order::relaxed);
                    MYCELIUM_STEP cpu.store(slot_word(s.slot, sequence), s.to, Order::relaxed);
                }
                if (s.result == s.head_seen) {
                    s.head_seen = s.to;
                    if (how_.has_two_slots) s.slot = 1 - s.slot;
                } else {
                    s.head_seen = s.result;
                }
            }
            MYCELIUM_STEP cpu.store(cell(position_of(s.message) + record_size), 0, Order::relaxed);
            MYCELIUM_STEP cpu.store(cell(position_of(s.message) + 1U), how_.payloads[s.message],
                                    Order::relaxed);
            MYCELIUM_STEP cpu.store(cell(position_of(s.message)), s.message, how_.commit);
        }
        s.writer_has_ended = 1;
        MYCELIUM_STEPS_END
    }

    void reader(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        while (s.next <= last_message) {
            MYCELIUM_STEP s.commit_word = cpu.load(cell(s.position), how_.look);
            if (s.commit_word == s.next) {
                s.until = s.next;
                while (how_.copies_before_it_takes) {
                    MYCELIUM_STEP cpu.load_late(s.until - s.next, cell(place_of_until(s) + 1U));
                    ++s.until;
                    if (s.until - s.next == how_.copied_at_once_max) break;
                    MYCELIUM_STEP s.commit_word = cpu.load(cell(place_of_until(s)), how_.look);
                    if (s.commit_word != s.until) break;
                }
                if (!how_.copies_before_it_takes) ++s.until;
                if (how_.take_is_one_step) {
                    MYCELIUM_STEP s.moved = cpu.compare_exchange(head, s.next, s.until, how_.take);
                    if (s.moved == s.next) check_taking(cpu, s);
                } else {
                    MYCELIUM_STEP s.moved = cpu.load(head, Order::acquire);
                    if (s.moved == s.next) {
                        MYCELIUM_STEP cpu.store(head, s.until, how_.take);
                        check_taking(cpu, s);
                    }
                }
                if (s.moved == s.next) {
                    if (!how_.copies_before_it_takes) {
                        MYCELIUM_STEP cpu.load_late(0, cell(s.position + 1U));
                    }
                    MYCELIUM_STEP check_copies(cpu, s);
                    s.position = place_of_until(s);
                    s.next = s.until;
                    continue;
                }
                cpu.forget_late(0);
                cpu.forget_late(1);
            } else if (s.commit_word == 0 || !how_.accuses_only_by_compare_exchange) {
                MYCELIUM_STEP s.moved = cpu.load(head, how_.look_at_head);
                if (s.moved == s.next) {
                    cpu.check(s.commit_word == 0, "an honest writer is not accused");
                    if (s.knows_the_end != 0) break;
                    if (s.writer_has_ended != 0) {
                        MYCELIUM_STEP cpu.learn_all_of(0);
                        s.knows_the_end = 1;
                    }
                    continue;
                }
            } else {  // foreign bytes: dropped, or a lie
                MYCELIUM_STEP s.moved = cpu.compare_exchange(head, s.next, s.next, Order::acq_rel);
                cpu.check(s.moved != s.next, "an honest writer is not accused");
            }
            // The writer has moved the head: the slot says where to go on.
            s.next = s.moved;
            s.found = 0;
            while (s.found == 0) {
                for (s.candidate = 0; s.candidate < 2 && s.found == 0; ++s.candidate) {
                    MYCELIUM_STEP s.found =
                        cpu.load(slot_word(s.candidate, sequence), Order::relaxed) == s.next;
                }
                if (s.found == 0) {
                    MYCELIUM_STEP s.next = cpu.load(head, how_.look_at_head);
                }
            }
            --s.candidate;
            cpu.forget_late(2);
            MYCELIUM_STEP s.position = cpu.load(slot_word(s.candidate, position), Order::relaxed);
            MYCELIUM_STEP cpu.load_late(2, slot_word(s.candidate, dropped));
            s.has_dropped_late = 1;
            s.candidate = 0;
        }
        cpu.check(s.taken + s.dropped == last_message, "taken and dropped are all");
        MYCELIUM_STEPS_END
    }

private:
    static Value place_of_until(const State& s) {
        return static_cast<Value>(s.position + record_size * (s.until - s.next));
    }
    static Value dropped_with(const State& s) {
        return static_cast<Value>(s.dropped + s.to - s.head_seen);
    }
    static void count_drop(State& s) { s.dropped = dropped_with(s); }

    /// The reader has just moved the head from `next` to the one after.
    void check_taking(Cpu& cpu, State& s) const {
        cpu.check(s.position == position_of(s.next), "the reader is where the head is");
        s.taken = static_cast<Value>(s.taken + s.until - s.next);
        cpu.check(s.taken + s.dropped + 1 == s.until,
                  "each message is taken or dropped, none both");
        s.dropped_when_taken = s.dropped;
    }

    /// What was copied before is the reader's now, so it must be right.
    void check_copies(Cpu& cpu, State& s) const {
        for (Value message = s.next; message < s.until; ++message) {
            cpu.check(cpu.late(message - s.next) == how_.payloads[message],
                      "what was taken is whole");
        }
        if (s.has_dropped_late != 0) s.known_dropped = cpu.late(2);
        s.has_dropped_late = 0;
        cpu.check(s.known_dropped == s.dropped_when_taken,
                  "the reader knows how many were dropped");
        s.dropped_when_taken = 0;
    }

    Protocol how_;
};

Report report_of(const Protocol& protocol) {
    const Subscription subscription{protocol};
    Model<State> model;
    for (std::size_t index = 0; index < capacity; ++index) {
        model.words.push_back({"log[" + std::to_string(index) + "]", 0});
    }
    model.words.push_back({"head", 1});
    for (const char* slot : {"slot 0 ", "slot 1 "}) {
        for (const char* word : {"sequence", "position", "dropped"}) {
            model.words.push_back({std::string{slot} + word, 0});
        }
    }
    model.threads = {[&](Cpu& cpu, State& s) { subscription.writer(cpu, s); },
                     [&](Cpu& cpu, State& s) { subscription.reader(cpu, s); }};
    return explore(model);
}

TEST(Head, each_message_is_taken_whole_or_dropped_and_counted) { expect_sound(report_of({})); }

TEST(Head, what_is_copied_together_is_taken_together_or_not_at_all) {
    Protocol protocol;
    protocol.copied_at_once_max = 2;
    expect_sound(report_of(protocol));
}

TEST(Head, foreign_bytes_are_told_from_a_lie) {
    Protocol protocol;
    protocol.payloads = like_no_number;
    expect_sound(report_of(protocol));
}

TEST(Head, the_writers_branch_on_head_orders_its_stores_also_without_acquire) {
    // C++ asks for acquire here, the processors do not: no store goes ahead of the branch that
    // allows it.
    Protocol protocol;
    protocol.writers_look_at_head = Order::relaxed;
    expect_sound(report_of(protocol));
}

class HeadWeakened : public ::testing::TestWithParam<Weakening<Protocol>> {};

TEST_P(HeadWeakened, goes_wrong) {
    Protocol protocol;
    GetParam().apply(protocol);
    expect_unsound(report_of(protocol));
}

INSTANTIATE_TEST_SUITE_P(
    By, HeadWeakened,
    ::testing::Values(
        Weakening<Protocol>{"a_relaxed_commit", [](Protocol& p) { p.commit = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_look", [](Protocol& p) { p.look = Order::relaxed; }},
        Weakening<Protocol>{"a_take_without_release", [](Protocol& p) { p.take = Order::acquire; }},
        Weakening<Protocol>{"a_take_without_acquire", [](Protocol& p) { p.take = Order::release; }},
        Weakening<Protocol>{"a_drop_without_release", [](Protocol& p) { p.drop = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_look_at_head",
                            [](Protocol& p) { p.look_at_head = Order::relaxed; }},
        Weakening<Protocol>{"a_take_by_load_and_store",
                            [](Protocol& p) { p.take_is_one_step = false; }},
        Weakening<Protocol>{"a_drop_by_load_and_store",
                            [](Protocol& p) { p.drop_is_one_step = false; }},
        Weakening<Protocol>{"taking_before_copying",
                            [](Protocol& p) { p.copies_before_it_takes = false; }},
        Weakening<Protocol>{"a_slot_filled_after_the_drop",
                            [](Protocol& p) { p.fills_the_slot_first = false; }},
        Weakening<Protocol>{"a_single_slot", [](Protocol& p) { p.has_two_slots = false; }},
        Weakening<Protocol>{"an_accusation_by_load",
                            [](Protocol& p) {
                                p.payloads = like_no_number;
                                p.accuses_only_by_compare_exchange = false;
                            }},
        Weakening<Protocol>{"overwriting_without_a_drop",
                            [](Protocol& p) { p.drops_before_it_overwrites = false; }}),
    NameOfWeakening{});

}  // namespace
}  // namespace mycelium::models
