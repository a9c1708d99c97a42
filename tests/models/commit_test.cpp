// The log as one writer and one reader that is never dropped for: commit words, payloads, a batch,
// a pad, two wraps.
//
// The ring has eight words. Records begin with their commit word; their sizes and places are these:
//
//     position  0 1   2 3   4 5   6    | 8 9   10 11 12   13 14   15   | 16 17 18   19
//     message   1     2     3     pad  | 4     5          6       pad  | 7          (nothing yet)
//
// 2 and 3 are a batch. The first payload word of 5 lies where message 8 would begin, and looks like
// its commit word.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "explorer.h"
#include "weakening.h"

namespace mycelium::models {
namespace {

constexpr std::size_t capacity = 8;
constexpr std::size_t head = capacity;  // the word after the ring's
constexpr Value last_message = 7;
constexpr Value pad = 100;  // pad + n: message n is at the next lap's beginning

struct Record {
    Value position;
    Value size;  // with the commit word
    Value end() const { return static_cast<Value>(position + size); }
};
constexpr std::array<Record, last_message + 2> records{
    {{0, 0}, {0, 2}, {2, 2}, {4, 2}, {8, 2}, {10, 3}, {13, 2}, {16, 3}, {19, 2}}};
bool comes_after_a_pad(Value message) {
    return records[message].position != records[message - 1U].end();
}

constexpr std::size_t cell(std::size_t position) { return position % capacity; }
constexpr Value payload(Value message, Value word) {
    return message == 5 && word == 1 ? last_message + 1 : static_cast<Value>(10 * message + word);
}

struct Protocol {
    Order commit = Order::release;
    Order look = Order::acquire;
    Order take = Order::release;           // the reader's move of head
    Order look_at_head = Order::acquire;   // the writer's
    bool clears_the_next_first = true;     // its commit word, before the record is written
    bool clears_the_next_at_last = false;  // after the commit
    bool batch_commits_its_first_last = true;
    bool keeps_room_for_the_next = true;  // for its commit word
    bool keeps_the_pad_before_head = true;
    bool overwrites_only_below_head = true;
    bool copies_before_it_takes = true;
};

struct State {
    Value message = 1;  // the writer's next
    Value end = 0;      // of what it writes
    Value word = 0;
    Value next = 1;  // the reader's: the first that it has not taken, and where that is
    Value position = 0;
    Value until = 0;  // what it has copied ahead of `next`, and where that ends
    Value walked = 0;
    Value loads = 0;
    Value copied_word = 0;
    Value seen = 0;
};

class Log {
public:
    explicit Log(const Protocol& protocol) : how_{protocol} {}

    void writer(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.message = 1; s.message <= last_message; ++s.message) {
            s.end = records[s.message == 2 ? 3 : s.message].end();
            MYCELIUM_STEP cpu.await(
                head, [&](Value taken) { return has_room(s.end, taken); }, how_.look_at_head);
            if (comes_after_a_pad(s.message)) {
                MYCELIUM_STEP cpu.store(cell(records[s.message].position), 0, Order::relaxed);
                MYCELIUM_STEP cpu.store(cell(records[s.message - 1U].end()),
                                        static_cast<Value>(pad + s.message), how_.commit);
            }
            if (how_.clears_the_next_first) {
                MYCELIUM_STEP cpu.store(cell(s.end), 0, Order::relaxed);
            }
            if (s.message == 2) {
                if (!how_.batch_commits_its_first_last) {
                    MYCELIUM_STEP cpu.store(cell(records[2].position), 2, how_.commit);
                }
                MYCELIUM_STEP cpu.store(cell(records[3].position + 1U), payload(3, 1),
                                        Order::relaxed);
                MYCELIUM_STEP cpu.store(cell(records[3].position), 3, Order::relaxed);
            }
            for (s.word = 1; s.word < records[s.message].size; ++s.word) {
                MYCELIUM_STEP cpu.store(cell(records[s.message].position + s.word),
                                        payload(s.message, s.word), Order::relaxed);
            }
            if (s.message != 2 || how_.batch_commits_its_first_last) {
                MYCELIUM_STEP cpu.store(cell(records[s.message].position), s.message, how_.commit);
            }
            if (how_.clears_the_next_at_last) {
                MYCELIUM_STEP cpu.store(cell(s.end), 0, Order::relaxed);
            }
            if (s.message == 2) ++s.message;
        }
        MYCELIUM_STEPS_END
    }

    void reader(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        while (s.next <= last_message) {
            s.until = s.next;
            s.walked = s.position;
            s.loads = 0;
            do {
                MYCELIUM_STEP s.seen = look(cpu, s);
                if (s.seen == 0) break;
                if (s.seen == pad + s.until) {
                    s.walked = static_cast<Value>((s.walked / capacity + 1) * capacity);
                    continue;
                }
                cpu.check(s.seen == s.until, "the reader finds its next message or nothing");
                if (!how_.copies_before_it_takes) {
                    MYCELIUM_STEP take(cpu, s.until, s.until + 1);
                }
                for (s.copied_word = 1; s.copied_word < records[s.until].size; ++s.copied_word) {
                    MYCELIUM_STEP cpu.load_late(s.loads,
                                                cell(std::size_t{s.walked} + s.copied_word));
                    ++s.loads;
                }
                s.walked = static_cast<Value>(s.walked + records[s.until].size);
                ++s.until;
            } while (s.until <= last_message && s.loads + records[s.until].size - 1U <= 2);
            if (how_.copies_before_it_takes) {
                MYCELIUM_STEP take(cpu, s.next, s.until);
            }
            MYCELIUM_STEP check_copies(cpu, s);
            s.next = s.until;
            s.position = s.walked;
        }
        MYCELIUM_STEP s.seen = cpu.load(cell(s.position), how_.look);
        cpu.check(s.seen == 0, "after the last message there is nothing");
        MYCELIUM_STEPS_END
    }

private:
    /// May everything up to `end`, and the commit word there, be overwritten when `taken` is the
    /// head?
    bool has_room(Value end, Value taken) const {
        const std::size_t needed = end + (how_.keeps_room_for_the_next ? 1U : 0U);
        // The reader stands where the last record that it took ended: maybe before a pad.
        const std::size_t reader_position =
            how_.keeps_the_pad_before_head ? records[taken - 1U].end() : records[taken].position;
        return !how_.overwrites_only_below_head || needed <= reader_position + capacity;
    }

    /// Waits for a first record; has a look only at whether there are more.
    Value look(Cpu& cpu, const State& s) const {
        if (s.loads != 0) return cpu.load(cell(s.walked), how_.look);
        return cpu.await(
            cell(s.walked), [](Value value) { return value != 0; }, how_.look);
    }

    void take(Cpu& cpu, std::size_t from, std::size_t to) const {
        const Value seen =
            cpu.compare_exchange(head, static_cast<Value>(from), static_cast<Value>(to), how_.take);
        cpu.check(seen == from, "nobody but the reader moves the head");
    }

    static void check_copies(Cpu& cpu, const State& s) {
        std::size_t slot = 0;
        for (Value message = s.next; message < s.until; ++message) {
            for (Value word = 1; word < records[message].size; ++word) {
                cpu.check(cpu.late(slot++) == payload(message, word),
                          "what was taken is what was sent");
            }
        }
    }

    Protocol how_;
};

Report report_of(const Protocol& protocol) {
    const Log log{protocol};
    Model<State> model;
    for (std::size_t index = 0; index < capacity; ++index) {
        model.words.push_back({"log[" + std::to_string(index) + "]", 0});
    }
    model.words.push_back({"head", 1});
    model.threads = {[&log](Cpu& cpu, State& s) { log.writer(cpu, s); },
                     [&log](Cpu& cpu, State& s) { log.reader(cpu, s); }};
    return explore(model);
}

TEST(Commit, every_message_is_taken_once_in_order_and_whole) { expect_sound(report_of({})); }

TEST(Commit, the_writers_branch_on_head_orders_its_stores_also_without_acquire) {
    // C++ asks for acquire here, the processors do not: no store goes ahead of the branch that
    // allows it.
    Protocol protocol;
    protocol.look_at_head = Order::relaxed;
    expect_sound(report_of(protocol));
}

class CommitWeakened : public ::testing::TestWithParam<Weakening<Protocol>> {};

TEST_P(CommitWeakened, goes_wrong) {
    Protocol protocol;
    GetParam().apply(protocol);
    expect_unsound(report_of(protocol));
}

INSTANTIATE_TEST_SUITE_P(
    By, CommitWeakened,
    ::testing::Values(
        Weakening<Protocol>{"a_relaxed_commit", [](Protocol& p) { p.commit = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_look", [](Protocol& p) { p.look = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_move_of_head", [](Protocol& p) { p.take = Order::relaxed; }},
        Weakening<Protocol>{"an_acquiring_move_of_head",
                            [](Protocol& p) { p.take = Order::acquire; }},
        Weakening<Protocol>{"a_next_commit_word_that_is_not_cleared",
                            [](Protocol& p) { p.clears_the_next_first = false; }},
        Weakening<Protocol>{"a_next_commit_word_that_is_cleared_after_the_commit",
                            [](Protocol& p) {
                                p.clears_the_next_first = false;
                                p.clears_the_next_at_last = true;
                            }},
        Weakening<Protocol>{"a_batch_that_commits_its_first_first",
                            [](Protocol& p) { p.batch_commits_its_first_last = false; }},
        Weakening<Protocol>{"no_room_kept_for_the_next_commit_word",
                            [](Protocol& p) { p.keeps_room_for_the_next = false; }},
        Weakening<Protocol>{"overwriting_the_pad_before_head",
                            [](Protocol& p) { p.keeps_the_pad_before_head = false; }},
        Weakening<Protocol>{"overwriting_above_head",
                            [](Protocol& p) { p.overwrites_only_below_head = false; }},
        Weakening<Protocol>{"taking_before_copying",
                            [](Protocol& p) { p.copies_before_it_takes = false; }}),
    NameOfWeakening{});

}  // namespace
}  // namespace mycelium::models
