// Mismatch: ends whose types do not fit are refused with the first differing field; those that may
// evolve, do.
#include <atomic>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Mismatch);

template <class Port>
void expect_refused_naming(Port& port, const std::string& field) {
    const auto refused = next_event(port, Event::Kind::refused);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->reason.find(field), std::string::npos) << refused->reason;
    const auto waited = port.wait_for(1, 20ms);
    ASSERT_FALSE(waited.ok());
    EXPECT_EQ(waited.error(), Errc::timeout);
    EXPECT_NE(waited.error().message().find(field), std::string::npos) << waited.error().message();
}

TEST_P(Mismatch, flat_types_must_be_equal_and_the_first_differing_field_is_named) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<before::Reading>(place).value();
    auto subscriber = node_b.subscriber<since::Reading>(place).value();
    expect_refused_naming(subscriber, "celsius");
    EXPECT_TRUE(next_event(publisher, Event::Kind::refused)) << "the publisher was told nothing";
    EXPECT_EQ(publisher.subscribers(), 0u);
}

TEST_P(Mismatch, fields_that_changed_their_kind_are_refused_by_number_or_name) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<before::Parcel>(place).value();
    auto subscriber = node_b.subscriber<broken::Parcel>(place).value();
    expect_refused_naming(subscriber, "grams");
}

TEST_P(Mismatch, a_refused_reader_does_not_disturb_one_that_fits) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<before::Reading>(place).value();
    auto refused = node_b.subscriber<since::Reading>(place).value();
    auto fitting = node_b.subscriber<before::Reading>(place).value();
    publisher.wait_for(1, patience).value();
    publisher.publish({1, 21.5}).value();
    EXPECT_EQ(fitting.receive_for(patience).value()->celsius, 21.5);
    EXPECT_FALSE(refused.try_receive());
}

TEST_P(Mismatch, fields_may_be_added_and_dropped) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place_1 = url(), place_2 = url();
    auto old_publisher = node_a.publisher<before::Parcel>(place_1).value();
    auto new_subscriber = node_b.subscriber<since::Parcel>(place_1).value();
    auto new_publisher = node_a.publisher<since::Parcel>(place_2).value();
    auto old_subscriber = node_b.subscriber<before::Parcel>(place_2).value();
    old_publisher.wait_for(1, patience).value();
    new_publisher.wait_for(1, patience).value();
    old_publisher.publish({"Ada", 500}).value();
    const auto since_sample = new_subscriber.receive_for(patience).value();
    EXPECT_EQ(since_sample->to, "Ada");
    EXPECT_EQ(since_sample->remark, "none") << "a missing field keeps its default";
    new_publisher.publish({"Bob", "fragile"}).value();
    const auto before_sample = old_subscriber.receive_for(patience).value();
    EXPECT_EQ(before_sample->to, "Bob");
    EXPECT_EQ(before_sample->grams, 0);
}

TEST_P(Mismatch, a_question_and_its_answer_are_both_compared) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto replier = node_b.replier<Tick, before::Reading>(place).value();
    auto requester = node_a.requester<Tick, since::Reading>(place).value();
    expect_refused_naming(requester, "celsius");
    EXPECT_EQ(requester.call(tick(1), 50ms).ok(), false);
}

TEST_P(Mismatch, an_untyped_end_accepts_every_type_and_learns_its_description) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Order>(place).value();
    auto subscriber = node_b.subscriber_port(place, any_schema()).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(std::make_shared<const Order>(order(1))).value();
    const Message* message = subscriber.receive_until(after(patience)).value();
    ASSERT_TRUE(message->payload.has_bytes) << "an untyped end can do nothing with an object";
    EXPECT_EQ(subscriber.description(), schema_of<Order>().description);
    auto decoded = schema_of<Order>().decode_shared(message->payload.bytes).value();
    EXPECT_EQ(*static_cast<const Order*>(decoded.get()), order(1));
}

TEST_P(Mismatch, an_untyped_publisher_feeds_a_typed_reader) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher_port(place, any_schema()).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    const Tick value = tick(5);
    Payload payload;
    payload.bytes = std::as_bytes(std::span{&value, 1});
    payload.has_bytes = true;
    publisher.publish(payload).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), value);
}

TEST_P(Mismatch, the_log_may_call_the_port_that_it_hears_of) {
    Subscriber<Tick>* port = nullptr;
    std::atomic<int> lines{0};
    NodeOptions options = node_options("b");
    options.log = [&](std::string_view) {
        if (port != nullptr) (void)port->counters();
        ++lines;
    };
    Node node_a = node("a"), node_b{options};
    const std::string place = url();
    auto publisher = node_a.publisher_port(place, any_schema()).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    port = &subscriber;
    publisher.wait_for(1, patience).value();
    const Bytes nonsense = Bytes::copy_of("not a tick");
    publisher.publish(payload_of(nonsense)).value();
    EXPECT_EQ(subscriber.receive_for(200ms).error(), Errc::timeout);
    EXPECT_TRUE(eventually([&] { return lines != 0; }));
}

TEST_P(Mismatch, bytes_that_cannot_be_decoded_are_counted_and_cost_the_link) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher_port(place, any_schema()).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    const Bytes nonsense = Bytes::copy_of("not a tick");
    publisher.publish(payload_of(nonsense)).value();
    EXPECT_EQ(subscriber.receive_for(200ms).error(), Errc::timeout);
    EXPECT_TRUE(next_event(subscriber, Event::Kind::disconnected));
    EXPECT_EQ(subscriber.counters().dropped[static_cast<std::size_t>(DropReason::malformed)], 1u);
    EXPECT_TRUE(eventually([&] {
        return publisher.counters().dropped[static_cast<std::size_t>(DropReason::malformed)] == 1;
    })) << "the publisher believes that it was delivered";
    const Tick value = tick(5);
    EXPECT_TRUE(eventually([&] {
        if (!publisher.publish(payload_of(value)).ok()) return false;
        auto sample = subscriber.receive_for(20ms);
        return sample.ok() && **sample == value;
    })) << "the reader did not come back after the bad message";
}

}  // namespace
}  // namespace mycelium::conformance
