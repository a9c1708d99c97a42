// The release ring: two threads of a subscriber drop samples, the publisher empties the ring and
// writes the chunks again.
//
// Three chunks with the tickets 1, 2 and 3, a ring of two entries. Two are held at the beginning,
// one by each thread. When the publisher has one of them back it publishes the third, so that no
// more are claimed than the ring has entries; the first thread takes it and releases it, too: the
// ring wraps.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "explorer.h"
#include "weakening.h"

namespace mycelium::models {
namespace {

constexpr std::size_t entries = 2;
constexpr Value tickets = 3;

enum Words : std::size_t { ring, count = ring + entries, lock, commit_word, chunk };

constexpr std::size_t chunk_of(Value ticket) { return chunk + ticket - 1U; }
constexpr Value held_content = 10;
constexpr Value next_content = 20;

struct Protocol {
    Order count = Order::release;
    Order look_at_count = Order::acquire;
    Order lock = Order::acquire;
    Order unlock = Order::release;
    bool locks = true;
    bool locks_in_one_step = true;
    bool writes_the_entry_first = true;
    bool reads_before_it_releases = true;
    bool keeps_claims_below_entries = true;
};

struct Holder {
    Value ticket = 0;
    Value pushed = 0;  // the count that it found
};

struct State {
    std::array<Holder, 2> holders{{{1, 0}, {2, 0}}};
    Value drained = 0;
    Value counted = 0;
    Value ticket = 0;
    std::array<Value, tickets> is_free{};
};

class ReleaseRing {
public:
    explicit ReleaseRing(const Protocol& protocol) : how_{protocol} {}

    /// One of the subscriber's threads. The first one takes the third sample after it has dropped
    /// its own.
    void subscriber(Cpu& cpu, State& s, std::size_t thread) const {
        Holder& me = s.holders[thread];
        MYCELIUM_STEPS_BEGIN
        for (;;) {
            MYCELIUM_STEP cpu.load_late(0, chunk_of(me.ticket));
            if (!how_.reads_before_it_releases) cpu.forget_late(0);
            if (how_.locks) {
                if (how_.locks_in_one_step) {
                    MYCELIUM_STEP take_lock(cpu);
                } else {
                    MYCELIUM_STEP cpu.await(
                        lock, [](Value held) { return held == 0; }, how_.lock);
                    MYCELIUM_STEP cpu.store(lock, 1, Order::relaxed);
                }
            }
            MYCELIUM_STEP me.pushed = cpu.load(count, Order::relaxed);
            if (how_.writes_the_entry_first) {
                MYCELIUM_STEP cpu.store(ring + me.pushed % entries, me.ticket, Order::relaxed);
            }
            MYCELIUM_STEP cpu.store(count, me.pushed + 1, how_.count);
            if (!how_.writes_the_entry_first) {
                MYCELIUM_STEP cpu.store(ring + me.pushed % entries, me.ticket, Order::relaxed);
            }
            if (how_.locks) {
                MYCELIUM_STEP cpu.store(lock, 0, how_.unlock);
            }
            if (!how_.reads_before_it_releases) {
                MYCELIUM_STEP cpu.load_late(0, chunk_of(me.ticket));
            }
            MYCELIUM_STEP cpu.check(cpu.late(0) == held_content,
                                    "a chunk is not written while it is held");
            me.pushed = 0;
            if (thread == 1 || me.ticket == 3) break;
            MYCELIUM_STEP me.ticket = cpu.await(
                commit_word, [](Value ticket) { return ticket != 0; }, Order::acquire);
        }
        me.ticket = 0;
        MYCELIUM_STEPS_END
    }

    void publisher(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        if (!how_.keeps_claims_below_entries) {
            MYCELIUM_STEP cpu.store(commit_word, 3, Order::release);
        }
        while (s.drained < tickets) {
            MYCELIUM_STEP s.counted = cpu.await(
                count, [&](Value counted) { return counted != s.drained; }, how_.look_at_count);
            while (s.drained != s.counted) {
                MYCELIUM_STEP s.ticket = cpu.load(ring + s.drained % entries, Order::relaxed);
                set_free(cpu, s);
                MYCELIUM_STEP cpu.store(chunk_of(s.ticket), next_content, Order::relaxed);
                ++s.drained;
                if (s.drained == 1 && how_.keeps_claims_below_entries) {
                    MYCELIUM_STEP cpu.store(commit_word, 3, Order::release);
                }
            }
        }
        MYCELIUM_STEPS_END
    }

private:
    void take_lock(Cpu& cpu) const {
        // As by await, but the reading and the writing are one.
        cpu.await_exchange(lock, 0, 1, how_.lock);
    }

    static void set_free(Cpu& cpu, State& s) {
        const bool is_ticket = s.ticket >= 1 && s.ticket <= tickets;
        cpu.check(is_ticket, "an entry that is counted was written");
        if (!is_ticket) return;
        cpu.check(s.is_free[s.ticket - 1U] == 0, "no ticket is read twice");
        s.is_free[s.ticket - 1U] = 1;
    }

    Protocol how_;
};

Report report_of(const Protocol& protocol) {
    const ReleaseRing release_ring{protocol};
    Model<State> model;
    model.words = {{"entry 0", 0},
                   {"entry 1", 0},
                   {"count", 0},
                   {"lock", 0},
                   {"commit word", 0},
                   {"chunk 1", held_content},
                   {"chunk 2", held_content},
                   {"chunk 3", held_content}};
    model.threads = {[&](Cpu& cpu, State& s) { release_ring.subscriber(cpu, s, 0); },
                     [&](Cpu& cpu, State& s) { release_ring.subscriber(cpu, s, 1); },
                     [&](Cpu& cpu, State& s) { release_ring.publisher(cpu, s); }};
    return explore(model);
}

TEST(ReleaseRing, every_chunk_comes_back_once_and_none_while_it_is_held) {
    expect_sound(report_of({}));
}

class ReleaseRingWeakened : public ::testing::TestWithParam<Weakening<Protocol>> {};

TEST_P(ReleaseRingWeakened, goes_wrong) {
    Protocol protocol;
    GetParam().apply(protocol);
    expect_unsound(report_of(protocol));
}

INSTANTIATE_TEST_SUITE_P(
    By, ReleaseRingWeakened,
    ::testing::Values(
        Weakening<Protocol>{"a_relaxed_count", [](Protocol& p) { p.count = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_look_at_the_count",
                            [](Protocol& p) { p.look_at_count = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_lock", [](Protocol& p) { p.lock = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_unlock", [](Protocol& p) { p.unlock = Order::relaxed; }},
        Weakening<Protocol>{"no_lock", [](Protocol& p) { p.locks = false; }},
        Weakening<Protocol>{"a_lock_by_load_and_store",
                            [](Protocol& p) { p.locks_in_one_step = false; }},
        Weakening<Protocol>{"a_count_before_its_entry",
                            [](Protocol& p) { p.writes_the_entry_first = false; }},
        Weakening<Protocol>{"a_release_before_the_last_read",
                            [](Protocol& p) { p.reads_before_it_releases = false; }},
        Weakening<Protocol>{"more_claims_than_entries",
                            [](Protocol& p) { p.keeps_claims_below_entries = false; }}),
    NameOfWeakening{});

}  // namespace
}  // namespace mycelium::models
