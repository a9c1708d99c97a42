// The sleep word: one thread sleeps until there are messages, the other makes two of them visible
// and rings if it must.
//
// The sleeper chooses each time anew whether it sleeps in the futex at its word or in poll at the
// link's socket, and its sleep may end by itself. A lost wake-up is a sleeper that nobody will wake
// while a message is there.
#include <gtest/gtest.h>

#include <cstddef>

#include "explorer.h"
#include "weakening.h"

namespace mycelium::models {
namespace {

enum Words : std::size_t { commit_word, sleep_word, socket };
enum Sleep : Value { awake, in_futex, in_poll };

constexpr Value last_message = 2;
constexpr Value time_outs_max = 2;  // of one execution

struct Protocol {
    // The sleeper's.
    bool has_membarrier = true;
    bool membarrier_comes_before_the_word = false;
    bool membarrier_comes_after_the_look = false;
    bool looks_again = true;
    bool first_sleep_is_bounded = false;  // what replaces membarrier
    bool looks_after_the_bounded_sleep = true;
    bool says_that_it_is_awake = true;
    bool futex_compares = true;
    bool reads_the_socket_before_it_sleeps = false;  // instead of when it was rung
    // The ringer's.
    bool looks_after_the_commit = true;
    bool exchanges = true;  // else it stores 0
    bool rings_by_what_it_exchanged = true;
};

struct State {
    // The sleeper's.
    Value taken = 0;
    Value seen = 0;
    Value sleep = awake;
    Value time_outs = 0;
    Value was_rung = 0;
    // The ringer's.
    Value message = 1;
    Value looked = 0;
    Value exchanged = 0;
};

class SleepWord {
public:
    explicit SleepWord(const Protocol& protocol) : how_{protocol} {}

    void sleeper(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        while (s.taken < last_message) {
            MYCELIUM_STEP s.seen = cpu.load(commit_word, Order::acquire);
            if (takes(s)) continue;
            if (how_.has_membarrier && how_.membarrier_comes_before_the_word) {
                MYCELIUM_STEP cpu.membarrier();
                MYCELIUM_STEP cpu.membarrier_returns();
            }
            MYCELIUM_STEP s.sleep = cpu.choose(2) == 0 ? in_futex : in_poll;
            cpu.store(sleep_word, s.sleep, Order::relaxed);
            if (how_.has_membarrier && !how_.membarrier_comes_before_the_word &&
                !how_.membarrier_comes_after_the_look) {
                MYCELIUM_STEP cpu.membarrier();
                MYCELIUM_STEP cpu.membarrier_returns();
            }
            if (how_.looks_again) {
                MYCELIUM_STEP s.seen = cpu.load(commit_word, Order::acquire);
            }
            if (how_.has_membarrier && how_.membarrier_comes_after_the_look) {
                MYCELIUM_STEP cpu.membarrier();
                MYCELIUM_STEP cpu.membarrier_returns();
            }
            if (s.seen <= s.taken && how_.first_sleep_is_bounded) {
                // It may be rung meanwhile; here it is not, which is the harder case.
                MYCELIUM_STEP cpu.time_passes();
                MYCELIUM_STEP cpu.time_passes();
                MYCELIUM_STEP cpu.time_passes();
                if (how_.looks_after_the_bounded_sleep) {
                    MYCELIUM_STEP s.seen = cpu.load(commit_word, Order::acquire);
                }
            }
            if (s.seen <= s.taken && how_.reads_the_socket_before_it_sleeps) {
                MYCELIUM_STEP cpu.exchange(socket, 0, Order::acq_rel);
            }
            if (s.seen <= s.taken && s.sleep == in_futex) {
                if (how_.futex_compares) {
                    MYCELIUM_STEP cpu.futex_wait(sleep_word, in_futex);
                } else {
                    MYCELIUM_STEP cpu.fall_asleep(sleep_word);
                }
                MYCELIUM_STEP s.was_rung = cpu.sleep(time_out(s));
                if (s.was_rung == 0) ++s.time_outs;
            }
            if (s.seen <= s.taken && s.sleep == in_poll) {
                MYCELIUM_STEP s.was_rung = cpu.poll(socket, time_out(s));
                if (s.was_rung == 0) ++s.time_outs;
                if (s.was_rung != 0 && !how_.reads_the_socket_before_it_sleeps) {
                    MYCELIUM_STEP cpu.exchange(socket, 0, Order::acq_rel);
                }
            }
            if (how_.says_that_it_is_awake) {
                MYCELIUM_STEP cpu.store(sleep_word, awake, Order::relaxed);
            }
            s.was_rung = 0;
            s.sleep = awake;
        }
        MYCELIUM_STEPS_END
    }

    void ringer(Cpu& cpu, State& s) const {
        MYCELIUM_STEPS_BEGIN
        for (s.message = 1; s.message <= last_message; ++s.message) {
            if (!how_.looks_after_the_commit) {
                MYCELIUM_STEP s.looked = cpu.load(sleep_word, Order::relaxed);
            }
            MYCELIUM_STEP cpu.store(commit_word, s.message, Order::release);
            if (how_.looks_after_the_commit) {
                MYCELIUM_STEP s.looked = cpu.load(sleep_word, Order::relaxed);
            }
            if (s.looked == awake) continue;
            if (how_.exchanges) {
                MYCELIUM_STEP s.exchanged = cpu.exchange(sleep_word, awake, Order::relaxed);
            } else {
                MYCELIUM_STEP cpu.store(sleep_word, awake, Order::relaxed);
                s.exchanged = s.looked;
            }
            if (!how_.rings_by_what_it_exchanged) s.exchanged = s.looked;
            if (s.exchanged == in_futex) {
                MYCELIUM_STEP cpu.futex_wake(sleep_word);
            }
            if (s.exchanged == in_poll) {
                MYCELIUM_STEP cpu.exchange(socket, 1, Order::acq_rel);
            }
            s.looked = 0;
            s.exchanged = 0;
        }
        MYCELIUM_STEPS_END
    }

private:
    static bool takes(State& s) {
        if (s.seen <= s.taken) return false;
        s.taken = s.seen;
        s.seen = 0;
        return true;
    }
    static TimeOut time_out(const State& s) {
        return s.time_outs < time_outs_max ? TimeOut::perhaps : TimeOut::never;
    }

    Protocol how_;
};

Report report_of(const Protocol& protocol) {
    const SleepWord model_of_word{protocol};
    Model<State> model;
    model.words = {{"commit word", 0}, {"sleep word", awake}, {"socket", 0}};
    model.threads = {[&](Cpu& cpu, State& s) { model_of_word.sleeper(cpu, s); },
                     [&](Cpu& cpu, State& s) { model_of_word.ringer(cpu, s); }};
    return explore(model);
}

Protocol without_membarrier() {
    Protocol protocol;
    protocol.has_membarrier = false;
    protocol.first_sleep_is_bounded = true;
    return protocol;
}

TEST(SleepWord, no_wake_up_is_lost) { expect_sound(report_of({})); }

TEST(SleepWord, no_wake_up_is_lost_without_membarrier_when_the_first_sleep_is_bounded) {
    expect_sound(report_of(without_membarrier()));
}

TEST(SleepWord, who_is_awake_need_not_say_so) {
    Protocol protocol;
    protocol.says_that_it_is_awake = false;
    expect_sound(report_of(protocol));
    protocol = without_membarrier();
    protocol.says_that_it_is_awake = false;
    expect_sound(report_of(protocol));
}

class SleepWordWeakened : public ::testing::TestWithParam<Weakening<Protocol>> {};

TEST_P(SleepWordWeakened, goes_wrong) {
    Protocol protocol;
    GetParam().apply(protocol);
    expect_unsound(report_of(protocol));
}

INSTANTIATE_TEST_SUITE_P(
    By, SleepWordWeakened,
    ::testing::Values(
        Weakening<Protocol>{"no_membarrier", [](Protocol& p) { p.has_membarrier = false; }},
        Weakening<Protocol>{"a_membarrier_before_the_word",
                            [](Protocol& p) { p.membarrier_comes_before_the_word = true; }},
        Weakening<Protocol>{"a_membarrier_after_the_look",
                            [](Protocol& p) { p.membarrier_comes_after_the_look = true; }},
        Weakening<Protocol>{"no_second_look", [](Protocol& p) { p.looks_again = false; }},
        Weakening<Protocol>{"a_bounded_sleep_without_a_look_behind_it",
                            [](Protocol& p) {
                                p = without_membarrier();
                                p.looks_after_the_bounded_sleep = false;
                            }},
        Weakening<Protocol>{"a_futex_that_does_not_compare",
                            [](Protocol& p) { p.futex_compares = false; }},
        Weakening<Protocol>{"a_socket_that_is_read_before_the_sleep",
                            [](Protocol& p) { p.reads_the_socket_before_it_sleeps = true; }},
        Weakening<Protocol>{"a_ringer_that_looks_before_it_commits",
                            [](Protocol& p) { p.looks_after_the_commit = false; }},
        Weakening<Protocol>{"a_ringer_that_stores_instead_of_exchanging",
                            [](Protocol& p) { p.exchanges = false; }},
        Weakening<Protocol>{"a_ringer_that_rings_by_what_it_looked_at",
                            [](Protocol& p) { p.rings_by_what_it_exchanged = false; }}),
    NameOfWeakening{});

}  // namespace
}  // namespace mycelium::models
