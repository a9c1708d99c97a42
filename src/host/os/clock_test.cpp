#include "host/os/clock.h"

#include <gtest/gtest.h>

namespace mycelium::os {
namespace {

TEST(Clock, now_is_the_clock_of_deadlines) {
    const Instant before = after(Duration::zero());
    const Instant read = now();
    EXPECT_LE(before, read);
    EXPECT_LE(read, after(Duration::zero()));
}

TEST(Clock, the_wall_clock_counts_from_1970) {
    EXPECT_GT(unix_time_ns(), 1'700'000'000'000'000'000U);
}

TEST(Clock, nothing_remains_of_a_deadline_that_has_passed) {
    for (const Instant past : {Instant::min(), Instant{}, now() - Duration{1}}) {
        EXPECT_EQ(remaining(past).tv_sec, 0);
        EXPECT_EQ(remaining(past).tv_nsec, 0);
    }
}

TEST(Clock, a_deadline_keeps_its_nanoseconds) {
    const timespec when = absolute(Instant{Duration{12'000'000'345}});
    EXPECT_EQ(when.tv_sec, 12);
    EXPECT_EQ(when.tv_nsec, 345);
    EXPECT_EQ(absolute(Instant::min()).tv_sec, 0);
    EXPECT_GT(remaining(never - Duration{1}).tv_sec, 1'000'000);
}

}  // namespace
}  // namespace mycelium::os
