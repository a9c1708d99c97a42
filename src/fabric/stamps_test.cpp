#include "fabric/stamps.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mycelium::fabric {
namespace {

constexpr std::uint64_t start = 1'700'000'000'000'000'000;
constexpr std::uint64_t us = 1'000;
constexpr std::uint64_t ms = 1'000 * us;
constexpr std::uint64_t reading = 60;  // ticks

/// A processor of 3 GHz and a clock.
struct Machine {
    std::uint64_t time = start;
    std::uint64_t ticks() const { return (time - start) * 3 + 12'345; }
    void read(Interpolation& clock) const { clock.read(ticks(), time, ticks() + reading); }
    /// Reads it every 0.1 ms for so long.
    void learn(Interpolation& clock, std::uint64_t duration) {
        for (const std::uint64_t end = time + duration; time < end; time += 100 * us) read(clock);
        read(clock);
    }
};

TEST(Interpolation, nothing_is_known_before_a_millisecond_was_measured) {
    Machine machine;
    Interpolation clock;
    EXPECT_EQ(clock.at(machine.ticks()), 0u);
    machine.learn(clock, ms / 2);
    EXPECT_EQ(clock.at(machine.ticks() + 30), 0u);
    machine.learn(clock, ms);
    EXPECT_NE(clock.at(machine.ticks() + 30), 0u);
}

TEST(Interpolation, between_readings_it_is_right_to_the_tenth_of_a_microsecond) {
    Machine machine;
    Interpolation clock;
    machine.learn(clock, 5 * ms);
    for (int i = 0; i < 20'000; ++i) {
        for (const std::uint64_t end = machine.time + 99 * us; machine.time < end;
             machine.time += 7 * us) {
            const std::uint64_t told = clock.at(machine.ticks());
            ASSERT_NE(told, 0u);
            ASSERT_LE(std::llabs(static_cast<long long>(told - machine.time)), 100) << i;
        }
        machine.read(clock);
    }
}

TEST(Interpolation, it_is_good_for_a_tenth_of_a_millisecond) {
    Machine machine;
    Interpolation clock;
    machine.learn(clock, 5 * ms);
    machine.time += 99 * us;
    EXPECT_NE(clock.at(machine.ticks()), 0u);
    machine.time += 2 * us;
    EXPECT_EQ(clock.at(machine.ticks()), 0u);
    EXPECT_EQ(clock.at(machine.ticks() - 102 * us * 3), 0u) << "ticks from before the reading";
}

TEST(Interpolation, a_reading_that_was_interrupted_is_not_built_upon) {
    Machine machine;
    Interpolation clock;
    machine.learn(clock, 5 * ms);
    clock.read(machine.ticks(), machine.time + ms, machine.ticks() + 3 * ms);
    EXPECT_EQ(clock.at(machine.ticks() + 30), 0u);
    machine.time += ms;
    machine.read(clock);
    EXPECT_EQ(clock.at(machine.ticks()), machine.time);
}

TEST(Interpolation, a_clock_that_is_set_is_followed) {
    for (const std::int64_t step : {std::int64_t{5'000'000}, std::int64_t{3'600'000'000'000},
                                    std::int64_t{-5'000'000}, std::int64_t{-3'600'000'000'000}}) {
        Machine machine;
        Interpolation clock;
        machine.learn(clock, 5 * ms);
        const auto set = [&](std::uint64_t time) {
            return time + static_cast<std::uint64_t>(step);
        };
        for (int i = 0; i < 100; ++i) {
            machine.time += 100 * us;
            clock.read(machine.ticks(), set(machine.time), machine.ticks() + reading);
            const std::uint64_t told = clock.at(machine.ticks() + 3 * 50 * us);
            const auto off = static_cast<std::int64_t>(told - set(machine.time + 50 * us));
            EXPECT_TRUE(told == 0 || std::llabs(off) <= 100) << step << ": " << off;
        }
        EXPECT_NE(clock.at(machine.ticks()), 0u) << step << ": it has learnt again";
    }
}

TEST(Interpolation, ticks_that_stand_still_are_not_used) {
    Interpolation clock;
    for (std::uint64_t time = start; time < start + 10 * ms; time += 100 * us) {
        clock.read(77, time, 77);
        EXPECT_EQ(clock.at(77), 0u);
    }
}

TEST(Stamps, they_are_the_unix_time) {
    Stamps stamps;
    const Instant deadline = os::now() + std::chrono::milliseconds{20};
    while (os::now() < deadline) {
        const std::uint64_t before = os::unix_time_ns();
        const std::uint64_t stamp = stamps.now();
        const std::uint64_t behind = os::unix_time_ns();
        // A microsecond of grace; a clock that is set meanwhile may cost a tenth of a millisecond.
        ASSERT_GE(stamp + 1 * us, before);
        ASSERT_LE(stamp, behind + 1 * us);
    }
}

}  // namespace
}  // namespace mycelium::fabric
