// Counters: the balance, nobody there, the pointer that is shared, the encoding that is done once.
#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Counting);

TEST_P(Counting, publishing_to_nobody_succeeds_and_is_counted) {
    Node home = node("home");
    auto publisher = home.publisher<Order>(url()).value();
    for (int i = 0; i < 3; ++i) {
        const Outcome outcome = publisher.publish(order(i));
        EXPECT_TRUE(outcome.ok());
        EXPECT_EQ(outcome.subscribers(), 0u);
    }
    const Counters counters = publisher.counters();
    EXPECT_EQ(counters.published, 3u);
    EXPECT_EQ(counters.no_subscriber, 3u);
    EXPECT_EQ(counters.sent, 0u);
    EXPECT_EQ(counters.encoded, 0u) << "encoded for nobody";
    EXPECT_EQ(counters.in_flight(), 0u);
}

TEST_P(Counting, what_is_not_yet_received_is_in_flight) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 10; ++i) publisher.publish(tick(i)).value();
    EXPECT_EQ(publisher.counters().in_flight(), 10u) << "delivered means handed out by receive";
    EXPECT_EQ(publisher.drain(1ms).error(), Errc::timeout);
    for (std::uint64_t i = 1; i <= 4; ++i) (void)subscriber.receive_for(patience).value();
    // Nobody has to ask: a reader tells within limits::ack_interval.
    EXPECT_TRUE(eventually([&] { return publisher.counters().delivered == 4; }))
        << publisher.counters().delivered << " of 4 are known to be delivered";
    EXPECT_EQ(publisher.counters().in_flight(), 6u);
    EXPECT_EQ(subscriber.counters().delivered, 4u);
    read_until(subscriber, 10, {.received = 4, .missed = {}, .last = 4});
    expect_balanced(publisher);
    EXPECT_EQ(publisher.counters().delivered, 10u);
}

TEST_P(Counting, what_a_reader_leaves_behind_is_counted_as_gone) {
    Node node_a = node("a");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    {
        Node node_b = node("b");
        auto subscriber = node_b.subscriber<Tick>(place).value();
        publisher.wait_for(1, patience).value();
        for (std::uint64_t i = 1; i <= 10; ++i) publisher.publish(tick(i)).value();
        for (std::uint64_t i = 1; i <= 4; ++i) (void)subscriber.receive_for(patience).value();
    }
    expect_balanced(publisher);
    const Counters counters = publisher.counters();
    EXPECT_EQ(counters.sent, 10u);
    EXPECT_EQ(counters.delivered, 4u);
    EXPECT_EQ(counters.dropped[static_cast<std::size_t>(DropReason::peer_gone)], 6u);
}

TEST_P(Counting, a_shared_value_passes_as_the_pointer_here_and_is_encoded_once_beyond) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Order>(place).value();
    std::vector<Subscriber<Order>> subscribers;
    for (int i = 0; i < 3; ++i) subscribers.push_back(node_b.subscriber<Order>(place).value());
    publisher.wait_for(3, patience).value();
    const auto value = std::make_shared<const Order>(order(1));
    publisher.publish(value).value();
    for (auto& subscriber : subscribers) {
        const auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(*sample, *value);
        EXPECT_EQ(sample.share().get() == value.get(), GetParam().passes_pointers);
    }
    EXPECT_EQ(publisher.counters().encoded, GetParam().passes_pointers ? 0u : 1u);
    EXPECT_EQ(publisher.counters().shared, GetParam().passes_pointers ? 1u : 0u)
        << "messages, not links";
    expect_balanced(publisher);
}

TEST_P(Counting, a_value_lent_by_reference_is_the_readers_own) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Order>(place).value();
    auto subscriber = node_b.subscriber<Order>(place).value();
    publisher.wait_for(1, patience).value();
    Order value = order(1);
    publisher.publish(value).value();
    value.symbol = "changed after publishing";
    EXPECT_EQ(*subscriber.receive_for(patience).value(), order(1));
}

TEST_P(Counting, a_sample_outlives_its_port_and_its_publisher) {
    const std::string place = url();
    std::optional<Sample<Bytes>> kept;
    {
        Node node_a = node("a"), node_b = node("b");
        auto publisher = node_a.publisher<Bytes>(place).value();
        auto subscriber = node_b.subscriber<Bytes>(place).value();
        publisher.wait_for(1, patience).value();
        publisher.publish(pattern_of(100 * KiB)).value();
        kept = subscriber.receive_for(patience).value();
        EXPECT_TRUE(publisher.drain(patience).ok());
    }
    EXPECT_EQ(**kept, pattern_of(100 * KiB));
}

TEST_P(Counting, an_unpublished_loan_sends_nothing) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    { auto dropped = publisher.loan(1 * MiB).value(); }
    EXPECT_EQ(publisher.counters().published, 0u);
    auto loan = publisher.loan(100).value();
    std::fill(loan.span().begin(), loan.span().end(), std::byte{7});
    loan.shrink(3);
    publisher.publish(std::move(loan)).value();
    const auto sample = subscriber.receive_for(patience).value();
    EXPECT_EQ(sample->text(), "\7\7\7");
    EXPECT_EQ(sample.header().sequence, 1u);
}

}  // namespace
}  // namespace mycelium::conformance
