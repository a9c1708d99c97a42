#include "arrival.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

TEST(Arrival, the_clock_is_looked_at_once_for_many_messages) {
    Arrival arrival;
    int looks = 0;
    const auto clock = [&] { return std::uint64_t{1000} + static_cast<unsigned>(looks++); };
    for (std::size_t i = 0; i < Arrival::messages_per_look; ++i)
        EXPECT_EQ(arrival.of(10, clock), 1000u);
    EXPECT_EQ(arrival.of(10, clock), 1001u);
    EXPECT_EQ(looks, 2);
}

TEST(Arrival, no_message_comes_before_it_was_sent) {
    Arrival arrival;
    std::uint64_t now = 1000;
    const auto clock = [&] { return now; };
    EXPECT_EQ(arrival.of(990, clock), 1000u);
    now = 1200;
    EXPECT_EQ(arrival.of(1000, clock), 1000u);
    EXPECT_EQ(arrival.of(1100, clock), 1200u) << "it was sent after the last look";
}

}  // namespace
}  // namespace trading
