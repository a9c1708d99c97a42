// Large payloads: a record that refers to a chunk, which the writer uses again once the record was
// dropped or released.
//
// One chunk, two messages. Before it writes the second the writer either drops the first, which is
// then the chunk's end, or, when the reader was faster, waits for its release.
#include <gtest/gtest.h>

#include <cstddef>

#include "explorer.h"
#include "weakening.h"

namespace mycelium::models {
namespace {

enum Words : std::size_t { first_commit, second_commit, head, chunk, released };

constexpr std::size_t commit_word(Value message) { return first_commit + message - 1U; }
constexpr Value content(Value message) { return static_cast<Value>(10 * message); }

struct Protocol {
    Order commit = Order::release;
    Order look = Order::acquire;
    Order take = Order::acq_rel;
    Order drop = Order::release;
    Order release = Order::release;
    Order look_at_released = Order::acquire;
    bool take_is_one_step = true;  // else load, compare, store
    bool drop_is_one_step = true;
    bool drops_before_it_rewrites = true;
    bool waits_for_the_release = true;
    bool reads_before_it_releases = true;
};

struct State {
    Value dropped = 0;
    Value head_seen = 0;
    Value next = 1;
    Value moved = 0;
};

class Chunk {
public:
    explicit Chunk(const Protocol& protocol) : how_{protocol} {}

    void writer(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        MYCELIUM_STEP cpu.store(chunk, content(1), Order::relaxed);
        MYCELIUM_STEP cpu.store(commit_word(1), 1, how_.commit);
        if (!how_.drops_before_it_rewrites) {
            MYCELIUM_STEP cpu.store(chunk, content(2), Order::relaxed);
        }
        if (how_.drop_is_one_step) {
            MYCELIUM_STEP s.head_seen = cpu.compare_exchange(head, 1, 2, how_.drop);
        } else {
            MYCELIUM_STEP s.head_seen = cpu.load(head, Order::relaxed);
            if (s.head_seen == 1) {
                MYCELIUM_STEP cpu.store(head, 2, how_.drop);
            }
        }
        if (s.head_seen != 1 && how_.waits_for_the_release) {  // the reader was faster
            MYCELIUM_STEP cpu.await(
                released, [](Value count) { return count == 1; }, how_.look_at_released);
        }
        MYCELIUM_STEP cpu.store(chunk, content(2), Order::relaxed);
        MYCELIUM_STEP cpu.store(commit_word(2), 2, how_.commit);
        MYCELIUM_STEPS_END
    }

    void reader(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.next = 1; s.next <= 2; ++s.next) {
            MYCELIUM_STEP cpu.await(
                commit_word(s.next), [](Value word) { return word != 0; }, how_.look);
            if (how_.take_is_one_step) {
                MYCELIUM_STEP s.moved = cpu.compare_exchange(head, s.next, s.next + 1, how_.take);
            } else {
                MYCELIUM_STEP s.moved = cpu.load(head, Order::acquire);
                if (s.moved == s.next) {
                    MYCELIUM_STEP cpu.store(head, s.next + 1, how_.take);
                }
            }
            if (s.moved != s.next) continue;  // dropped: the chunk is not touched
            MYCELIUM_STEP cpu.load_late(0, chunk);
            if (how_.reads_before_it_releases) {
                MYCELIUM_STEP cpu.store(released, s.next, how_.release);
                MYCELIUM_STEP check_content(cpu, s);
            } else {
                cpu.forget_late(0);
                MYCELIUM_STEP cpu.store(released, s.next, how_.release);
                MYCELIUM_STEP cpu.load_late(0, chunk);
                MYCELIUM_STEP check_content(cpu, s);
            }
        }
        MYCELIUM_STEPS_END
    }

private:
    static void check_content(Cpu& cpu, const State& s) {
        cpu.check(cpu.late(0) == content(s.next), "a chunk is not written while it is held");
    }

    Protocol how_;
};

Report report_of(const Protocol& protocol) {
    const Chunk model_of_chunk{protocol};
    Model<State> model;
    model.words = {{"commit 1", 0}, {"commit 2", 0}, {"head", 1}, {"chunk", 0}, {"released", 0}};
    model.threads = {[&](Cpu& cpu, State& s) { model_of_chunk.writer(cpu, s); },
                     [&](Cpu& cpu, State& s) { model_of_chunk.reader(cpu, s); }};
    return explore(model);
}

TEST(Reference, a_chunk_is_written_again_only_when_nobody_holds_it) { expect_sound(report_of({})); }

TEST(Reference, neither_side_relies_on_the_order_of_the_move_itself) {
    // The commit word orders the content before the reader, the release orders the reader before
    // the next content.
    Protocol protocol;
    protocol.take = Order::relaxed;
    protocol.drop = Order::relaxed;
    expect_sound(report_of(protocol));
}

TEST(Reference, the_writers_branch_on_the_release_orders_its_stores_also_without_acquire) {
    // C++ asks for acquire here, the processors do not.
    Protocol protocol;
    protocol.look_at_released = Order::relaxed;
    expect_sound(report_of(protocol));
}

class ReferenceWeakened : public ::testing::TestWithParam<Weakening<Protocol>> {};

TEST_P(ReferenceWeakened, goes_wrong) {
    Protocol protocol;
    GetParam().apply(protocol);
    expect_unsound(report_of(protocol));
}

INSTANTIATE_TEST_SUITE_P(
    By, ReferenceWeakened,
    ::testing::Values(
        Weakening<Protocol>{"a_relaxed_commit", [](Protocol& p) { p.commit = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_look", [](Protocol& p) { p.look = Order::relaxed; }},
        Weakening<Protocol>{"a_relaxed_release", [](Protocol& p) { p.release = Order::relaxed; }},
        Weakening<Protocol>{"a_take_by_load_and_store",
                            [](Protocol& p) { p.take_is_one_step = false; }},
        Weakening<Protocol>{"a_drop_by_load_and_store",
                            [](Protocol& p) { p.drop_is_one_step = false; }},
        Weakening<Protocol>{"a_chunk_written_before_the_drop",
                            [](Protocol& p) { p.drops_before_it_rewrites = false; }},
        Weakening<Protocol>{"a_chunk_written_before_its_release",
                            [](Protocol& p) { p.waits_for_the_release = false; }},
        Weakening<Protocol>{"a_release_before_the_last_read",
                            [](Protocol& p) { p.reads_before_it_releases = false; }}),
    NameOfWeakening{});

}  // namespace
}  // namespace mycelium::models
