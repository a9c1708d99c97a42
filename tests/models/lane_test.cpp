// The lane: messages from one thread to another of the same process, through a chain of chunks that
// are used again, and how the reader is woken.
//
// Chunks: two of them, with room for one message each and for the word that says that there is
// another. What a message carries is moved out of it, which is a store of the reader's. When the
// writer comes to a chunk again the reader has given it back.
//
// Bell: the reader counts itself among the listeners before it sleeps; the writer rings only then.
// The writer waits for room in the same way: it says that it is awaited, the reader looks at that
// after it took.
#include <gtest/gtest.h>

#include <cstddef>

#include "explorer.h"
#include "weakening.h"

namespace mycelium::models {
namespace {

// --- Chunks ---

constexpr Value last_message = 4;
constexpr std::size_t chunks = 2;
enum ChunkWords : std::size_t { state, payload = state + chunks, mark = payload + chunks };
constexpr std::size_t spare = mark + chunks;
constexpr std::size_t chunk_of(Value message) { return (message - 1U) % chunks; }

struct Chain {
    Order commit = Order::release;
    Order look = Order::acquire;
    Order pass_on = Order::acquire;
    Order give_back = Order::release;
    Order take_spare = Order::acquire;
    bool clears_the_next_place_first = true;
    bool marks_with_the_message = true;
    bool gives_back_what_was_let_go = true;
};

struct ChainState {
    Value message = 1;  // the writer's
    Value expected = 1;
    Value seen = 0;
};

class Chunks {
public:
    explicit Chunks(const Chain& chain) : how_{chain} {}

    void writer(Cpu& cpu, ChainState& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.message = 1; s.message <= last_message; ++s.message) {
            if (s.message > chunks) {
                MYCELIUM_STEP cpu.await(
                    spare, [&](Value given) { return given == 1U + chunk_of(s.message); },
                    how_.take_spare);
                MYCELIUM_STEP cpu.store(spare, 0, Order::relaxed);
                MYCELIUM_STEP cpu.store(state + chunk_of(s.message), 0, Order::relaxed);
            }
            if (s.message > 1 && !how_.marks_with_the_message) {
                MYCELIUM_STEP cpu.store(mark + chunk_of(s.message - 1), 1, how_.commit);
            }
            MYCELIUM_STEP cpu.store(payload + chunk_of(s.message), s.message, Order::relaxed);
            if (how_.clears_the_next_place_first) {
                MYCELIUM_STEP cpu.store(mark + chunk_of(s.message), 0, Order::relaxed);
            }
            if (s.message == 1) {
                MYCELIUM_STEP cpu.store(state + chunk_of(s.message), 1, how_.commit);
            } else {
                // It becomes visible with the word that leads to its chunk.
                MYCELIUM_STEP cpu.store(state + chunk_of(s.message), 1, Order::relaxed);
                if (how_.marks_with_the_message) {
                    MYCELIUM_STEP cpu.store(mark + chunk_of(s.message - 1), 1, how_.commit);
                }
            }
            if (!how_.clears_the_next_place_first) {
                MYCELIUM_STEP cpu.store(mark + chunk_of(s.message), 0, Order::relaxed);
            }
        }
        MYCELIUM_STEPS_END
    }

    void reader(Cpu& cpu, ChainState& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.expected = 1; s.expected <= last_message; ++s.expected) {
            MYCELIUM_STEP cpu.await(
                state + chunk_of(s.expected), [](Value value) { return value != 0; }, how_.look);
            MYCELIUM_STEP cpu.load_late(0, payload + chunk_of(s.expected));
            MYCELIUM_STEP s.seen = cpu.late(0);
            cpu.check(s.seen == s.expected, "each message is whole, and comes in its turn");
            if (how_.gives_back_what_was_let_go) {
                MYCELIUM_STEP cpu.store(payload + chunk_of(s.expected), 0, Order::relaxed);
            }
            s.seen = 0;
            if (s.expected == last_message) break;
            MYCELIUM_STEP cpu.await(
                mark + chunk_of(s.expected), [](Value value) { return value != 0; }, how_.pass_on);
            MYCELIUM_STEP cpu.await(
                spare, [](Value value) { return value == 0; }, Order::relaxed);
            MYCELIUM_STEP cpu.store(spare, static_cast<Value>(1U + chunk_of(s.expected)),
                                    how_.give_back);
            if (!how_.gives_back_what_was_let_go) {
                MYCELIUM_STEP cpu.store(payload + chunk_of(s.expected), 0, Order::relaxed);
            }
        }
        MYCELIUM_STEPS_END
    }

private:
    Chain how_;
};

Report report_of(const Chain& chain) {
    const Chunks both{chain};
    Model<ChainState> model;
    model.words = {{"state 0", 0}, {"state 1", 0}, {"payload 0", 0}, {"payload 1", 0},
                   {"mark 0", 0},  {"mark 1", 0},  {"spare", 0}};
    model.threads = {[&](Cpu& cpu, ChainState& s) { both.writer(cpu, s); },
                     [&](Cpu& cpu, ChainState& s) { both.reader(cpu, s); }};
    return explore(model);
}

TEST(LaneChunks, every_message_arrives_whole_and_in_order) { expect_sound(report_of(Chain{})); }

class LaneChunksWeakened : public ::testing::TestWithParam<Weakening<Chain>> {};

TEST_P(LaneChunksWeakened, goes_wrong) {
    Chain chain;
    GetParam().apply(chain);
    expect_unsound(report_of(chain));
}

INSTANTIATE_TEST_SUITE_P(
    By, LaneChunksWeakened,
    ::testing::Values(
        Weakening<Chain>{"a_relaxed_commit", [](Chain& c) { c.commit = Order::relaxed; }},
        Weakening<Chain>{"a_relaxed_look", [](Chain& c) { c.look = Order::relaxed; }},
        Weakening<Chain>{"a_relaxed_look_for_the_next_chunk",
                         [](Chain& c) { c.pass_on = Order::relaxed; }},
        Weakening<Chain>{"a_chunk_given_back_relaxed",
                         [](Chain& c) { c.give_back = Order::relaxed; }},
        Weakening<Chain>{"a_chunk_taken_relaxed", [](Chain& c) { c.take_spare = Order::relaxed; }},
        Weakening<Chain>{"a_next_place_cleared_behind_the_commit",
                         [](Chain& c) { c.clears_the_next_place_first = false; }},
        Weakening<Chain>{"a_chunk_that_is_led_to_before_it_is_written",
                         [](Chain& c) { c.marks_with_the_message = false; }},
        Weakening<Chain>{"a_chunk_given_back_before_it_is_let_go",
                         [](Chain& c) { c.gives_back_what_was_let_go = false; }}),
    NameOfWeakening{});

// --- Bell ---

constexpr Value rings = 2;
constexpr Value asleep = 1;  // the lowest bit of the bell's word
constexpr Value one_ring = 2;
enum BellWords : std::size_t { commit_word, listeners, bell };

struct Listening {
    bool has_membarrier = true;
    bool listens_before_the_barrier = true;
    bool looks_again = true;
    bool takes_the_ticket_first = true;
    bool listens_until_it_is_awake = true;
    bool looks_after_the_commit = true;  // the ringer
};

struct BellState {
    // The sleeper's.
    Value taken = 0;
    Value seen = 0;
    Value ticket = 0;
    Value word = 0;
    // The ringer's.
    Value message = 1;
    Value heard = 0;
    Value before = 0;
    Value found = 0;
};

class Bell {
public:
    explicit Bell(const Listening& listening) : how_{listening} {}

    void sleeper(Cpu& cpu, BellState& s) const {
        MYCELIUM_STEPS_BEGIN
        while (s.taken < rings) {
            if (how_.takes_the_ticket_first) {
                MYCELIUM_STEP s.ticket = cpu.load(bell, Order::acquire) & ~asleep;
            }
            MYCELIUM_STEP s.seen = cpu.load(commit_word, Order::acquire);
            if (takes(s)) continue;
            if (how_.has_membarrier && !how_.listens_before_the_barrier) {
                MYCELIUM_STEP cpu.membarrier();
                MYCELIUM_STEP cpu.membarrier_returns();
            }
            MYCELIUM_STEP cpu.exchange(listeners, 1, Order::acq_rel);
            if (how_.has_membarrier && how_.listens_before_the_barrier) {
                MYCELIUM_STEP cpu.membarrier();
                MYCELIUM_STEP cpu.membarrier_returns();
            }
            if (how_.looks_again) {
                MYCELIUM_STEP s.seen = cpu.load(commit_word, Order::acquire);
            }
            if (!how_.takes_the_ticket_first) {
                MYCELIUM_STEP s.ticket = cpu.load(bell, Order::acquire) & ~asleep;
            }
            if (!how_.listens_until_it_is_awake) {
                MYCELIUM_STEP cpu.store(listeners, 0, Order::relaxed);
            }
            if (s.seen <= s.taken) {
                MYCELIUM_STEP s.word = cpu.compare_exchange(
                    bell, s.ticket, static_cast<Value>(s.ticket | asleep), Order::acq_rel);
                if (s.word == s.ticket || s.word == (s.ticket | asleep)) {
                    MYCELIUM_STEP cpu.futex_wait(bell, static_cast<Value>(s.ticket | asleep));
                    MYCELIUM_STEP cpu.sleep(TimeOut::never);
                }
            }
            MYCELIUM_STEP cpu.store(listeners, 0, Order::relaxed);
            s.word = 0;
            s.ticket = 0;
        }
        MYCELIUM_STEPS_END
    }

    void ringer(Cpu& cpu, BellState& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.message = 1; s.message <= rings; ++s.message) {
            if (!how_.looks_after_the_commit) {
                MYCELIUM_STEP s.heard = cpu.load(listeners, Order::relaxed);
            }
            MYCELIUM_STEP cpu.store(commit_word, s.message, Order::release);
            if (how_.looks_after_the_commit) {
                MYCELIUM_STEP s.heard = cpu.load(listeners, Order::relaxed);
            }
            if (s.heard == 0) continue;
            // Adds a ring to the word, however often the sleeper's mark comes in between.
            MYCELIUM_STEP s.before = cpu.load(bell, Order::relaxed);
            for (;;) {
                MYCELIUM_STEP s.found = cpu.compare_exchange(
                    bell, s.before, static_cast<Value>(s.before + one_ring), Order::acq_rel);
                if (s.found == s.before) break;
                s.before = s.found;
            }
            if ((s.before & asleep) != 0) {
                // The sleeper's mark goes; only this thread changes the word now.
                MYCELIUM_STEP cpu.exchange(
                    bell, static_cast<Value>((s.before + one_ring) & ~asleep), Order::acq_rel);
                MYCELIUM_STEP cpu.futex_wake(bell);
            }
            s.heard = s.before = s.found = 0;
        }
        MYCELIUM_STEPS_END
    }

private:
    static bool takes(BellState& s) {
        if (s.seen <= s.taken) return false;
        s.taken = s.seen;
        s.seen = 0;
        s.ticket = 0;
        return true;
    }

    Listening how_;
};

Report report_of(const Listening& listening) {
    const Bell both{listening};
    Model<BellState> model;
    model.words = {{"commit word", 0}, {"listeners", 0}, {"bell", 0}};
    model.threads = {[&](Cpu& cpu, BellState& s) { both.sleeper(cpu, s); },
                     [&](Cpu& cpu, BellState& s) { both.ringer(cpu, s); }};
    return explore(model);
}

TEST(LaneBell, no_wake_up_is_lost) { expect_sound(report_of(Listening{})); }

class LaneBellWeakened : public ::testing::TestWithParam<Weakening<Listening>> {};

TEST_P(LaneBellWeakened, goes_wrong) {
    Listening listening;
    GetParam().apply(listening);
    expect_unsound(report_of(listening));
}

INSTANTIATE_TEST_SUITE_P(
    By, LaneBellWeakened,
    ::testing::Values(
        Weakening<Listening>{"no_membarrier", [](Listening& l) { l.has_membarrier = false; }},
        Weakening<Listening>{"a_membarrier_before_it_listens",
                             [](Listening& l) { l.listens_before_the_barrier = false; }},
        Weakening<Listening>{"no_second_look", [](Listening& l) { l.looks_again = false; }},
        Weakening<Listening>{"a_ticket_taken_after_the_look",
                             [](Listening& l) { l.takes_the_ticket_first = false; }},
        Weakening<Listening>{"who_stops_listening_before_the_sleep",
                             [](Listening& l) { l.listens_until_it_is_awake = false; }},
        Weakening<Listening>{"a_ringer_that_looks_before_it_commits",
                             [](Listening& l) { l.looks_after_the_commit = false; }}),
    NameOfWeakening{});

}  // namespace
}  // namespace mycelium::models
