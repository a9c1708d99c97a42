#include "fabric/stamps.h"

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <string>

#include <mycelium/mycelium.h>

namespace mycelium::fabric {
namespace {

constexpr std::uint64_t start = 1'700'000'000'000'000'000;
constexpr std::uint64_t us = 1'000;
constexpr std::uint64_t ms = 1'000 * us;
constexpr std::uint64_t reading = 60;  // ticks

/// By so much the Unix clock of this program is ahead.
std::atomic<long> nudge_ns{0};

/// A processor of 3 GHz and a clock.
struct Machine {
    std::uint64_t time = start;
    std::uint64_t ticks() const { return (time - start) * 3 + 12'345; }
    void read(Interpolation& clock) const { clock.read(ticks() - reading, time, ticks()); }
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
            clock.read(machine.ticks() - reading, set(machine.time), machine.ticks());
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

TEST(Interpolation, it_is_not_ahead_of_the_clock_whenever_within_a_reading_that_was_taken) {
    for (const std::uint64_t early : {std::uint64_t{0}, reading / 2, reading}) {
        Machine machine;
        Interpolation clock;
        for (int i = 0; i < 100; ++i) {
            machine.time += 100 * us;
            clock.read(machine.ticks() - early, machine.time, machine.ticks() + reading - early);
            const std::uint64_t told = clock.at(machine.ticks() + 3 * 50 * us);
            EXPECT_LE(told, machine.time + 50 * us + 2) << early;
        }
    }
}

TEST(InOrder, stamps_go_back_only_with_the_clock) {
    InOrder order;
    EXPECT_EQ(order.next(start), start);
    EXPECT_EQ(order.next(start - 300), start);
    EXPECT_EQ(order.next(start + 5), start + 5);
    EXPECT_EQ(order.next(start - ms), start - ms) << "it was set";
    EXPECT_EQ(order.next(start - ms + 1), start - ms + 1);
}

TEST(Stamps, they_are_the_unix_time) {
    Stamps stamps;
    int far = 0, all = 0;
    const Instant deadline = os::now() + std::chrono::milliseconds{20};
    while (os::now() < deadline) {
        const std::uint64_t before = os::unix_time_ns();
        const std::uint64_t stamp = stamps.now();
        const std::uint64_t behind = os::unix_time_ns();
        // A clock that is set or slewed meanwhile may cost something now and then.
        ++all;
        if (stamp + 1 * us < before || stamp > behind) ++far;
    }
    EXPECT_LE(far, all / 10);
}

TEST(Stamps, messages_of_all_sizes_are_stamped_in_order) {
    if (!os::has_steady_ticks()) GTEST_SKIP() << "every stamp is what the clock says";
    Node home{"home"}, away{"away"};
    const std::string place = "unix://@mycelium-stamps-" + std::to_string(::getpid());
    auto publisher = home.publisher<Bytes>(place).value();
    auto subscriber = away.subscriber<Bytes>(place).value();
    publisher.wait_for(1, std::chrono::seconds{20}).value();
    const Bytes small = Bytes::copy_of(std::string(16, 'a'));
    const Bytes large = Bytes::copy_of(std::string(3'000, 'b'));  // goes the long way
    constexpr int messages_of_a_burst = 64;                       // a queue holds them
    std::uint64_t last = 0;
    int back = 0;
    for (int burst = 0; burst < 100; ++burst) {
        for (int i = 0; i < messages_of_a_burst; ++i) {
            const bool is_large = i % 2 != 0;
            // Whatever reads the clock by itself is ahead of the stamps between two readings, by
            // less than lies between two messages: not so here.
            nudge_ns = is_large ? 5 * us : 0;
            publisher.publish(is_large ? large : small).value();
        }
        for (int i = 0; i < messages_of_a_burst; ++i) {
            const auto sample = subscriber.receive_for(std::chrono::seconds{20}).value();
            if (sample.header().timestamp < last) ++back;
            last = sample.header().timestamp;
        }
    }
    nudge_ns = 0;
    EXPECT_LE(back, 1) << "a clock that is set back may take one back";
}

}  // namespace
}  // namespace mycelium::fabric

/// In the place of the system's, for all of this program.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    static const auto systems =
        reinterpret_cast<decltype(&clock_gettime)>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int result = systems(clock, time);
    if (clock != CLOCK_REALTIME || result != 0) return result;
    constexpr long second_ns = 1'000'000'000;
    time->tv_nsec += mycelium::fabric::nudge_ns.load(std::memory_order_relaxed);
    time->tv_sec += time->tv_nsec / second_ns;
    time->tv_nsec %= second_ns;
    return result;
}
