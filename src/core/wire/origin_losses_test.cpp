#include "core/wire/origin_losses.h"

#include <gtest/gtest.h>

namespace mycelium::wire {
namespace {

constexpr std::uint64_t relay = 50;

Origin origin(std::uint64_t id, std::uint64_t lost) { return {id, 1, 1, lost}; }

TEST(OriginLosses, what_was_lost_before_the_first_message_is_not_news) {
    OriginLosses losses;
    EXPECT_EQ(losses.news(relay, origin(7, 100)), 0u);
    EXPECT_EQ(losses.news(relay, origin(7, 100)), 0u);
}

TEST(OriginLosses, each_loss_is_news_once_and_publishers_are_told_apart) {
    OriginLosses losses;
    (void)losses.news(relay, origin(7, 0));
    (void)losses.news(relay, origin(8, 5));
    EXPECT_EQ(losses.news(relay, origin(7, 3)), 3u);
    EXPECT_EQ(losses.news(relay, origin(8, 6)), 1u);
    EXPECT_EQ(losses.news(relay, origin(7, 4)), 1u);
}

TEST(OriginLosses, one_publisher_over_two_relays_is_counted_for_each) {
    OriginLosses losses;
    (void)losses.news(relay, origin(7, 5));
    (void)losses.news(relay + 1, origin(7, 0));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(losses.news(relay, origin(7, 5)), 0u);
        EXPECT_EQ(losses.news(relay + 1, origin(7, 0)), 0u);
    }
}

TEST(OriginLosses, a_relay_that_has_restarted_counts_from_zero_and_no_other_does) {
    OriginLosses losses;
    (void)losses.news(relay, origin(7, 10));
    (void)losses.news(relay + 5, origin(7, 10));
    losses.begin(relay + 1);
    EXPECT_EQ(losses.news(relay + 1, origin(7, 2)), 2u);
    EXPECT_EQ(losses.news(relay + 5, origin(7, 10)), 0u);
    EXPECT_EQ(losses.news(relay + 6, origin(7, 10)), 0u);
}

TEST(OriginLosses, a_relay_that_takes_back_what_it_said_is_not_believed) {
    OriginLosses losses;
    (void)losses.news(relay, origin(7, 0));
    EXPECT_EQ(losses.news(relay, origin(7, 9)), 9u);
    EXPECT_EQ(losses.news(relay, origin(7, 3)), 0u);
    EXPECT_EQ(losses.news(relay, origin(7, 9)), 0u);
}

TEST(OriginLosses, remembers_a_bounded_number_of_publishers) {
    OriginLosses losses;
    for (std::uint64_t id = 1; id <= 2 * OriginLosses::origins_max; ++id)
        (void)losses.news(relay, origin(id, 1));
    EXPECT_EQ(losses.news(relay, origin(2 * OriginLosses::origins_max, 2)), 1u);
    EXPECT_EQ(losses.news(relay, origin(1, 2)), 0u);  // forgotten: its losses are from before
}

}  // namespace
}  // namespace mycelium::wire
