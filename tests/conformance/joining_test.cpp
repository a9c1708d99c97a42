// Joining late: history and retain.
#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Joining);

TEST_P(Joining, a_late_joiner_is_given_the_last_messages_in_order) {
    Node node_a = node("a"), node_b = node("b"), node_c = node("c");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place, {.history = 3}).value();
    for (std::uint64_t i = 1; i <= 5; ++i) publisher.publish(tick(i)).value();
    for (Node* home : {&node_b, &node_c}) {
        auto late = home->subscriber<Tick>(place).value();
        for (std::uint64_t i = 3; i <= 5; ++i) {
            const auto sample = late.receive_for(patience).value();
            EXPECT_EQ(*sample, tick(i));
            EXPECT_EQ(sample.header().sequence, i);
            EXPECT_EQ(sample.missed().count(), 0u)
                << "what was published before it joined is not a loss";
        }
        EXPECT_FALSE(late.try_receive());
    }
}

TEST_P(Joining, what_comes_after_the_history_follows_without_a_gap_or_a_double) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place, {.history = 100}).value();
    for (std::uint64_t i = 1; i <= 10; ++i) publisher.publish(tick(i)).value();
    auto late = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    for (std::uint64_t i = 11; i <= 20; ++i) publisher.publish(tick(i)).value();
    const Tally tally = read_until(late, 20);
    EXPECT_EQ(tally.received, 20u);
    EXPECT_EQ(tally.missed.count(), 0u);
    expect_balanced(publisher);
}

TEST_P(Joining, retain_keeps_the_last_message_only) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Order>(place, {.retain = true}).value();
    for (std::int64_t i = 1; i <= 3; ++i)
        publisher.publish(std::make_shared<const Order>(order(i))).value();
    auto late = node_b.subscriber<Order>(place).value();
    EXPECT_EQ(*late.receive_for(patience).value(), order(3));
    EXPECT_FALSE(late.try_receive());
}

TEST_P(Joining, without_history_a_late_joiner_is_given_nothing_old) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    for (std::uint64_t i = 1; i <= 5; ++i) publisher.publish(tick(i)).value();
    auto late = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(tick(6)).value();
    const auto sample = late.receive_for(patience).value();
    EXPECT_EQ(*sample, tick(6));
    EXPECT_EQ(sample.missed().count(), 0u);
}

}  // namespace
}  // namespace mycelium::conformance
