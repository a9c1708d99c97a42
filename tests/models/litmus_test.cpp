// The explorer itself, by the classic litmus tests: exactly these outcomes, no more and no fewer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "explorer.h"

namespace mycelium::models {
namespace {

enum Words : std::size_t { x, y };

struct Registers {
    Value r0 = 0;
    Value r1 = 0;
    Value r2 = 0;
    Value r3 = 0;
};

using Program = std::function<void(Cpu&, Registers&)>;

Report report_of(std::vector<Program> programs,
                 std::function<std::string(Cpu&, const Registers&)> at_end) {
    Model<Registers> model{{}, {{"x", 0}, {"y", 0}}, std::move(programs), std::move(at_end)};
    Report report = explore(model);
    EXPECT_EQ(report.fault, "") << report.story;
    return report;
}

/// What r0 and r1 can be in the end.
std::set<std::string> outcomes_of(std::vector<Program> programs) {
    return report_of(
               std::move(programs),
               [](Cpu&, const Registers& r) { return std::to_string(r.r0) + std::to_string(r.r1); })
        .outcomes;
}

using Outcomes = std::set<std::string>;

/// What a thread does between its store and its load.
enum class Between { nothing, fence, membarrier };

Program store_then_load(std::size_t mine, std::size_t other, Value Registers::*into,
                        Between between) {
    return [=](Cpu& cpu, Registers& r) {
        MYCELIUM_STEPS_BEGIN
        MYCELIUM_STEP cpu.store(mine, 1, Order::release);
        if (between == Between::fence) {
            MYCELIUM_STEP cpu.full_fence();
        }
        if (between == Between::membarrier) {
            MYCELIUM_STEP cpu.membarrier();
            MYCELIUM_STEP cpu.membarrier_returns();
        }
        MYCELIUM_STEP r.*into = cpu.load(other, Order::acquire);
        MYCELIUM_STEPS_END
    };
}

Outcomes store_buffering(Between first, Between second) {
    return outcomes_of({store_then_load(x, y, &Registers::r0, first),
                        store_then_load(y, x, &Registers::r1, second)});
}

TEST(Litmus, stores_wait_in_buffers_while_later_loads_are_done) {
    EXPECT_EQ(store_buffering(Between::nothing, Between::nothing),
              (Outcomes{"00", "01", "10", "11"}));
}

TEST(Litmus, a_fence_on_one_side_does_not_help) {
    EXPECT_EQ(store_buffering(Between::fence, Between::nothing),
              (Outcomes{"00", "01", "10", "11"}));
}

TEST(Litmus, fences_on_both_sides_let_one_see_the_other) {
    EXPECT_EQ(store_buffering(Between::fence, Between::fence), (Outcomes{"01", "10", "11"}));
}

TEST(Litmus, membarrier_on_one_side_is_a_fence_on_both) {
    EXPECT_EQ(store_buffering(Between::membarrier, Between::nothing), (Outcomes{"01", "10", "11"}));
    EXPECT_EQ(store_buffering(Between::nothing, Between::membarrier), (Outcomes{"01", "10", "11"}));
}

/// x is the message, y the flag; r0 the flag as it was seen, r1 the message.
Outcomes message_passing(Order store, Order load) {
    return outcomes_of({[=](Cpu& cpu, Registers&) {
                            MYCELIUM_STEPS_BEGIN
                            MYCELIUM_STEP cpu.store(x, 1, Order::relaxed);
                            MYCELIUM_STEP cpu.store(y, 1, store);
                            MYCELIUM_STEPS_END
                        },
                        [=](Cpu& cpu, Registers& r) {
                            MYCELIUM_STEPS_BEGIN
                            MYCELIUM_STEP r.r0 = cpu.load(y, load);
                            MYCELIUM_STEP r.r1 = cpu.load(x, Order::relaxed);
                            MYCELIUM_STEPS_END
                        }});
}

TEST(Litmus, a_message_is_passed_by_release_and_acquire_together) {
    EXPECT_EQ(message_passing(Order::release, Order::acquire), (Outcomes{"00", "01", "11"}));
    const Outcomes all{"00", "01", "10", "11"};
    EXPECT_EQ(message_passing(Order::relaxed, Order::acquire), all);
    EXPECT_EQ(message_passing(Order::release, Order::relaxed), all);
    EXPECT_EQ(message_passing(Order::relaxed, Order::relaxed), all);
}

Outcomes message_passing_by_fences(bool releases, bool acquires) {
    return outcomes_of({[=](Cpu& cpu, Registers&) {
                            MYCELIUM_STEPS_BEGIN
                            MYCELIUM_STEP cpu.store(x, 1, Order::relaxed);
                            if (releases) {
                                MYCELIUM_STEP cpu.release_fence();
                            }
                            MYCELIUM_STEP cpu.store(y, 1, Order::relaxed);
                            MYCELIUM_STEPS_END
                        },
                        [=](Cpu& cpu, Registers& r) {
                            MYCELIUM_STEPS_BEGIN
                            MYCELIUM_STEP r.r0 = cpu.load(y, Order::relaxed);
                            if (acquires) {
                                MYCELIUM_STEP cpu.acquire_fence();
                            }
                            MYCELIUM_STEP r.r1 = cpu.load(x, Order::relaxed);
                            MYCELIUM_STEPS_END
                        }});
}

TEST(Litmus, a_message_is_passed_by_both_fences_together) {
    EXPECT_EQ(message_passing_by_fences(true, true), (Outcomes{"00", "01", "11"}));
    const Outcomes all{"00", "01", "10", "11"};
    EXPECT_EQ(message_passing_by_fences(false, true), all);
    EXPECT_EQ(message_passing_by_fences(true, false), all);
}

TEST(Litmus, a_read_modify_write_hands_on_what_it_replaced) {
    // x, then y by release; a stranger adds to y, relaxed; who acquires from the stranger sees x.
    const Outcomes outcomes = outcomes_of({[](Cpu& cpu, Registers&) {
                                               MYCELIUM_STEPS_BEGIN
                                               MYCELIUM_STEP cpu.store(x, 1, Order::relaxed);
                                               MYCELIUM_STEP cpu.store(y, 1, Order::release);
                                               MYCELIUM_STEPS_END
                                           },
                                           [](Cpu& cpu, Registers&) {
                                               MYCELIUM_STEPS_BEGIN
                                               MYCELIUM_STEP
                                               cpu.compare_exchange(y, 1, 2, Order::relaxed);
                                               MYCELIUM_STEPS_END
                                           },
                                           [](Cpu& cpu, Registers& r) {
                                               MYCELIUM_STEPS_BEGIN
                                               MYCELIUM_STEP r.r0 = cpu.load(y, Order::acquire);
                                               MYCELIUM_STEP r.r1 = cpu.load(x, Order::relaxed);
                                               MYCELIUM_STEPS_END
                                           }});
    EXPECT_EQ(outcomes, (Outcomes{"00", "01", "11", "21"}));
}

TEST(Litmus, one_word_never_goes_back) {
    const Outcomes outcomes = outcomes_of({[](Cpu& cpu, Registers&) {
                                               MYCELIUM_STEPS_BEGIN
                                               MYCELIUM_STEP cpu.store(x, 1, Order::relaxed);
                                               MYCELIUM_STEP cpu.store(x, 2, Order::relaxed);
                                               MYCELIUM_STEPS_END
                                           },
                                           [](Cpu& cpu, Registers& r) {
                                               MYCELIUM_STEPS_BEGIN
                                               MYCELIUM_STEP r.r0 = cpu.load(x, Order::relaxed);
                                               MYCELIUM_STEP r.r1 = cpu.load(x, Order::relaxed);
                                               MYCELIUM_STEPS_END
                                           }});
    EXPECT_EQ(outcomes, (Outcomes{"00", "01", "02", "11", "12", "22"}));
}

TEST(Litmus, two_writers_of_one_word_are_put_in_any_order) {
    // Each writes x and then y, in turn 1 and 2; with relaxed stores both words may end with the
    // first one's.
    const auto ends = [](Order order) {
        const auto writer = [order](std::size_t first, std::size_t second) {
            return [=](Cpu& cpu, Registers&) {
                MYCELIUM_STEPS_BEGIN
                MYCELIUM_STEP cpu.store(first, 1, order);
                MYCELIUM_STEP cpu.store(second, 2, order);
                MYCELIUM_STEPS_END
            };
        };
        return report_of({writer(x, y), writer(y, x)},
                         [](Cpu& cpu, const Registers&) {
                             return std::to_string(cpu.last(x)) + std::to_string(cpu.last(y));
                         })
            .outcomes;
    };
    EXPECT_EQ(ends(Order::relaxed), (Outcomes{"11", "12", "21", "22"}));
}

TEST(Litmus, of_two_read_modify_writes_one_sees_the_other) {
    const auto swap = [](Value Registers::*into, Value value) {
        return [=](Cpu& cpu, Registers& r) {
            MYCELIUM_STEPS_BEGIN
            MYCELIUM_STEP r.*into = cpu.exchange(x, value, Order::relaxed);
            MYCELIUM_STEPS_END
        };
    };
    EXPECT_EQ(outcomes_of({swap(&Registers::r0, 1), swap(&Registers::r1, 2)}),
              (Outcomes{"01", "20"}));
}

TEST(Litmus, of_two_compare_exchanges_one_succeeds) {
    const auto claim = [](Value Registers::*into, Value value) {
        return [=](Cpu& cpu, Registers& r) {
            MYCELIUM_STEPS_BEGIN
            MYCELIUM_STEP r.*into = cpu.compare_exchange(x, 0, value, Order::relaxed);
            MYCELIUM_STEPS_END
        };
    };
    EXPECT_EQ(outcomes_of({claim(&Registers::r0, 1), claim(&Registers::r1, 2)}),
              (Outcomes{"01", "20"}));
}

/// Each reads the one word and writes the other.
Outcomes load_buffering(Order store, bool uses_it_first) {
    const auto read_then_write = [=](std::size_t read, std::size_t written,
                                     Value Registers::*into) {
        return [=](Cpu& cpu, Registers& r) {
            MYCELIUM_STEPS_BEGIN
            MYCELIUM_STEP cpu.load_late(0, read);
            if (uses_it_first) {
                MYCELIUM_STEP r.*into = cpu.late(0);
            }
            MYCELIUM_STEP cpu.store(written, 1, store);
            if (!uses_it_first) {
                MYCELIUM_STEP r.*into = cpu.late(0);
            }
            MYCELIUM_STEPS_END
        };
    };
    return outcomes_of(
        {read_then_write(x, y, &Registers::r0), read_then_write(y, x, &Registers::r1)});
}

TEST(Litmus, a_late_load_is_overtaken_by_relaxed_stores_that_do_not_need_it) {
    EXPECT_EQ(load_buffering(Order::relaxed, false), (Outcomes{"00", "01", "10", "11"}));
    EXPECT_EQ(load_buffering(Order::release, false), (Outcomes{"00", "01", "10"}));
    EXPECT_EQ(load_buffering(Order::relaxed, true), (Outcomes{"00", "01", "10"}));
}

TEST(Litmus, two_readers_may_see_two_writers_in_opposite_order) {
    // So it is where stores reach the others one by one; no acquire forbids it.
    const auto writer = [](std::size_t word) {
        return [=](Cpu& cpu, Registers&) {
            MYCELIUM_STEPS_BEGIN
            MYCELIUM_STEP cpu.store(word, 1, Order::release);
            MYCELIUM_STEPS_END
        };
    };
    const auto reader = [](std::size_t first, Value Registers::*into_first, std::size_t second,
                           Value Registers::*into_second) {
        return [=](Cpu& cpu, Registers& r) {
            MYCELIUM_STEPS_BEGIN
            MYCELIUM_STEP r.*into_first = cpu.load(first, Order::acquire);
            MYCELIUM_STEP r.*into_second = cpu.load(second, Order::acquire);
            MYCELIUM_STEPS_END
        };
    };
    const Report report =
        report_of({writer(x), writer(y), reader(x, &Registers::r0, y, &Registers::r1),
                   reader(y, &Registers::r2, x, &Registers::r3)},
                  [](Cpu&, const Registers& r) {
                      return std::to_string(r.r0) + std::to_string(r.r1) + std::to_string(r.r2) +
                             std::to_string(r.r3);
                  });
    EXPECT_EQ(report.outcomes.size(), 16U);
    EXPECT_TRUE(report.outcomes.contains("1010"));
}

struct Counting {
    Value counter = 0;
};

TEST(Explorer, finds_who_waits_for_ever) {
    Model<Counting> model{{},
                          {{"x", 0}},
                          {[](Cpu& cpu, Counting&) {
                              MYCELIUM_STEPS_BEGIN
                              MYCELIUM_STEP cpu.await(
                                  x, [](Value value) { return value != 0; }, Order::acquire);
                              MYCELIUM_STEPS_END
                          }},
                          {}};
    EXPECT_EQ(explore(model).fault, "somebody waits for ever");
}

TEST(Explorer, does_not_rely_on_a_time_out_that_only_may_come) {
    const auto ends = [](TimeOut time_out) {
        Model<Counting> model{{},
                              {{"x", 0}},
                              {[time_out](Cpu& cpu, Counting&) {
                                  MYCELIUM_STEPS_BEGIN
                                  MYCELIUM_STEP cpu.futex_wait(x, 0);
                                  MYCELIUM_STEP cpu.sleep(time_out);
                                  MYCELIUM_STEPS_END
                              }},
                              {}};
        return explore(model).fault;
    };
    EXPECT_EQ(ends(TimeOut::never), "somebody waits for ever");
    EXPECT_EQ(ends(TimeOut::perhaps), "somebody waits for ever");
    EXPECT_EQ(ends(TimeOut::certain), "");
}

Model<Counting> round_and_round() {
    return {{},
            {{"x", 0}},
            {[](Cpu& cpu, Counting& mine) {
                MYCELIUM_STEPS_BEGIN
                for (;;) {
                    MYCELIUM_STEP++ mine.counter;
                }
                MYCELIUM_STEPS_END
            }},
            {}};
}

TEST(Explorer, finds_who_goes_round_for_ever) {
    const Report report = explore(round_and_round());
    EXPECT_EQ(report.fault, "they go round for ever");
    EXPECT_EQ(report.states, 256U);
}

TEST(Explorer, more_states_than_the_limit_are_a_fault) {
    const Model<Counting> model = round_and_round();
    EXPECT_EQ(Explorer<Counting>(model, 100).run().fault, "there are more states than the limit");
}

TEST(Explorer, a_word_with_too_many_values_is_a_fault) {
    Model<Counting> model{{},
                          {{"x", 0}},
                          {[](Cpu& cpu, Counting& mine) {
                               MYCELIUM_STEPS_BEGIN
                               for (; mine.counter < 30; ++mine.counter) {
                                   MYCELIUM_STEP cpu.store(x, mine.counter, Order::relaxed);
                               }
                               MYCELIUM_STEPS_END
                           },
                           [](Cpu& cpu, Counting&) {
                               MYCELIUM_STEPS_BEGIN
                               MYCELIUM_STEP cpu.load(x, Order::relaxed);
                               MYCELIUM_STEPS_END
                           }},
                          {}};
    EXPECT_EQ(explore(model).fault, "the machine is too small for the model");
}

TEST(Explorer, tells_the_story_of_a_fault) {
    Model<Counting> model{{},
                          {{"flag", 0}},
                          {[](Cpu& cpu, Counting&) {
                               MYCELIUM_STEPS_BEGIN
                               MYCELIUM_STEP cpu.store(x, 7, Order::release);
                               MYCELIUM_STEPS_END
                           },
                           [](Cpu& cpu, Counting&) {
                               MYCELIUM_STEPS_BEGIN
                               MYCELIUM_STEP
                               cpu.check(cpu.load(x, Order::acquire) == 0, "the flag is down");
                               MYCELIUM_STEPS_END
                           }},
                          {}};
    const Report report = explore(model);
    EXPECT_EQ(report.fault, "the flag is down");
    EXPECT_EQ(report.story, "  thread 0 releases flag 7\n  thread 1 acquires flag 7\n");
}

TEST(Explorer, a_bounded_sleep_makes_what_was_written_before_visible) {
    // Store buffering once more: who waits long enough sees the other's store, or the other has
    // seen its own.
    const auto outcomes = [](bool waits) {
        return outcomes_of({[=](Cpu& cpu, Registers& r) {
                                MYCELIUM_STEPS_BEGIN
                                MYCELIUM_STEP cpu.store(x, 1, Order::relaxed);
                                if (waits) {
                                    MYCELIUM_STEP cpu.time_passes();
                                    MYCELIUM_STEP cpu.time_passes();
                                    MYCELIUM_STEP cpu.time_passes();
                                }
                                MYCELIUM_STEP r.r0 = cpu.load(y, Order::relaxed);
                                MYCELIUM_STEPS_END
                            },
                            store_then_load(y, x, &Registers::r1, Between::nothing)});
    };
    EXPECT_EQ(outcomes(true), (Outcomes{"01", "10", "11"}));
    EXPECT_EQ(outcomes(false), (Outcomes{"00", "01", "10", "11"}));
}

}  // namespace
}  // namespace mycelium::models
