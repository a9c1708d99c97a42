#include "fabric/eagerness.h"

#include <gtest/gtest.h>

namespace mycelium::fabric {
namespace {

constexpr std::uint64_t us = 1'000;

/// Looks every microsecond until told to sleep; returns for how long, in microseconds.
std::uint64_t looks_for(Eagerness& eagerness, std::uint64_t& now) {
    const std::uint64_t begin = now;
    while (eagerness.look_again(now)) now += us;
    return (now - begin) / us;
}

TEST(Eagerness, a_wait_begins_by_looking_for_as_long_as_a_sleep_costs) {
    Eagerness eagerness;
    std::uint64_t now = 1;
    const std::uint64_t looked = looks_for(eagerness, now);
    EXPECT_GE(looked, 10u);
    EXPECT_LE(looked, 100u);
}

TEST(Eagerness, who_finds_goes_on_looking) {
    Eagerness eagerness;
    std::uint64_t now = 1;
    for (int i = 0; i < 10'000; ++i, now += 1000 * us) {
        ASSERT_TRUE(eagerness.look_again(now)) << i;
        ASSERT_TRUE(eagerness.look_again(now + us)) << i;
        eagerness.found();
    }
}

TEST(Eagerness, who_never_finds_hardly_looks) {
    Eagerness eagerness;
    std::uint64_t now = 1, looked = 0;
    constexpr int waits = 10'000;
    for (int i = 0; i < waits; ++i, now += 1000 * us) looked += looks_for(eagerness, now);
    EXPECT_LT(looked, waits / 4) << "microseconds";
}

TEST(Eagerness, who_finds_only_after_longer_than_a_sleep_costs_seldom_looks) {
    Eagerness eagerness;
    std::uint64_t now = 1, looked = 0;
    constexpr int waits = 10'000;
    for (int i = 0; i < waits; ++i, now += 1000 * us) {
        if (!eagerness.look_again(now)) continue;
        for (int step = 0; step < 20; ++step) eagerness.look_again(now += us);
        eagerness.found();
        ++looked;
    }
    EXPECT_LT(looked, waits / 5) << "of the waits";
}

TEST(Eagerness, a_large_message_is_waited_for_as_long_as_it_takes_to_write) {
    Eagerness eagerness;
    eagerness.came(1 << 20, false);
    std::uint64_t now = 1;
    for (int i = 0; i < 10'000; ++i, now += 1000 * us) {
        ASSERT_TRUE(eagerness.look_again(now)) << i;
        for (int step = 0; step < 50; ++step) ASSERT_TRUE(eagerness.look_again(now += us)) << i;
        eagerness.found();
    }
    eagerness.came(64, false);
    EXPECT_LE(looks_for(eagerness, now), 26u);
    eagerness.came(1 << 20, true);
    EXPECT_GE(looks_for(eagerness, now += 1000 * us), 200u) << "by a socket it takes longer";
    EXPECT_GE(looks_for(eagerness, now += 1000 * us), 200u) << "also after a look in vain";
}

TEST(Eagerness, two_that_answer_late_because_they_sleep_find_each_other_awake) {
    constexpr std::uint64_t wake = 30 * us;  // from the ring to the sleeper's next step
    Eagerness ends[2];
    std::uint64_t now = 1;
    bool is_asleep[2] = {true, true};
    int quick = 0;
    for (int trips = 0; trips < 20'000 && quick < 100; ++trips) {
        const int to = trips % 2, from = 1 - to;
        // Who has sent looks until the answer is here, or sleeps.
        const std::uint64_t answered = now + (is_asleep[to] ? wake : us);
        is_asleep[from] = false;
        std::uint64_t looked = now;
        while (looked < answered && !is_asleep[from]) {
            is_asleep[from] = !ends[from].look_again(looked);
            looked += us;
        }
        if (!is_asleep[from]) {
            ends[from].look_again(answered);
            ends[from].found();
        }
        quick = is_asleep[0] || is_asleep[1] ? 0 : quick + 1;
        now = answered;
    }
    EXPECT_EQ(quick, 100);
}

TEST(Eagerness, one_find_after_many_failures_makes_it_eager_again) {
    Eagerness eagerness;
    std::uint64_t now = 1;
    for (int i = 0; i < 10'000; ++i, now += 1000 * us) looks_for(eagerness, now);
    while (!eagerness.look_again(now)) now += 1000 * us;
    eagerness.found();
    now += 1000 * us;
    EXPECT_TRUE(eagerness.look_again(now));
}

TEST(Eagerness, a_wait_broken_off_counts_neither_way) {
    Eagerness eagerness;
    std::uint64_t now = 1;
    for (int i = 0; i < 10'000; ++i, now += 1000 * us) {
        ASSERT_TRUE(eagerness.look_again(now)) << i;
        eagerness.break_off();
    }
}

TEST(Eagerness, who_comes_back_late_from_yields_rests) {
    Eagerness eagerness;
    std::uint64_t now = 1;
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(eagerness.look_again(now));
        EXPECT_FALSE(eagerness.look_again(now += 5000 * us)) << "this look is over";
    }
    EXPECT_TRUE(eagerness.is_core_wanted());
    for (int i = 0; i < 1000; ++i) ASSERT_FALSE(eagerness.look_again(now += us)) << i;
}

TEST(Eagerness, a_late_return_now_and_then_is_an_interrupt) {
    Eagerness eagerness;
    std::uint64_t now = 1;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(eagerness.look_again(now)) << i;
        EXPECT_FALSE(eagerness.look_again(now += 5000 * us));
        for (int quick = 0; quick < 100; ++quick, now += us) {
            ASSERT_TRUE(eagerness.look_again(now)) << i;
            eagerness.found();
        }
        ASSERT_FALSE(eagerness.is_core_wanted());
    }
}

}  // namespace
}  // namespace mycelium::fabric
