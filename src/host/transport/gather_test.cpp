#include "host/transport/gather.h"

#include <gtest/gtest.h>

namespace mycelium::transport {
namespace {

TEST(Gather, a_lone_message_is_sent_at_once) {
    Gather gather;
    for (std::uint64_t now = 1'000'000; now < 100'000'000; now += 50'000)
        EXPECT_FALSE(gather.publish(now));
}

TEST(Gather, eight_quick_calls_begin_a_burst) {
    Gather gather;
    std::uint64_t now = 1'000'000;
    EXPECT_FALSE(gather.publish(now));
    for (int i = 1; i < 8; ++i) EXPECT_FALSE(gather.publish(now += 1'000)) << i;
    EXPECT_TRUE(gather.publish(now += 1'000));
    EXPECT_TRUE(gather.publish(now += 1'500));
}

TEST(Gather, the_time_of_a_system_call_is_no_gap) {
    Gather gather;
    std::uint64_t now = 1'000'000;
    for (int i = 0; i < 20; ++i) {
        gather.publish(now += 500);
        gather.sent(now += 5'000);
    }
    EXPECT_TRUE(gather.is_gathering());
}

TEST(Gather, one_long_gap_or_two_short_ones_end_it) {
    for (const bool is_long : {true, false}) {
        Gather gather;
        std::uint64_t now = 1'000'000;
        for (int i = 0; i < 10; ++i) gather.publish(now += 1'000);
        ASSERT_TRUE(gather.is_gathering());
        if (is_long) {
            EXPECT_FALSE(gather.publish(now += 20'001));
        } else {
            EXPECT_TRUE(gather.publish(now += 2'000));
            EXPECT_FALSE(gather.publish(now += 2'000));
        }
    }
}

TEST(Gather, calls_that_bring_many_may_be_further_apart_but_not_for_long) {
    Gather gather;
    std::uint64_t now = 1'000'000;
    for (int i = 0; i < 10; ++i) gather.publish(now += 4'500, 3);
    EXPECT_TRUE(gather.is_gathering());
    EXPECT_TRUE(gather.publish(now += 5'000, 64));
    EXPECT_TRUE(gather.publish(now += 5'001, 64));
    EXPECT_FALSE(gather.publish(now += 5'001, 64));
}

TEST(Gather, a_clock_that_jumps_back_does_no_harm) {
    Gather gather;
    gather.publish(5'000'000'000);
    EXPECT_FALSE(gather.publish(1'000));
    EXPECT_TRUE(gather.is_stale(500));
}

}  // namespace
}  // namespace mycelium::transport
