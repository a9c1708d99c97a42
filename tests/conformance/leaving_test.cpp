// Leaving: destructors hand over what was accepted, up to linger, and never longer than they must.
#include <optional>
#include <thread>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Leaving);

TEST_P(Leaving, a_publishers_destructor_hands_over_what_it_accepted) {
    constexpr std::uint64_t messages = 500;
    Node node_b = node("b");
    const std::string place = url();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    std::thread sender{[&] {
        Node node_a = node("a");
        auto publisher = node_a.publisher<Bytes>(place, {.linger = patience}).value();
        publisher.wait_for(1, patience).value();
        for (std::uint64_t i = 1; i <= messages; ++i)
            publisher.publish(pattern_of(16 * KiB)).value();
    }};
    const Tally tally = read_until(subscriber, messages);
    sender.join();
    EXPECT_EQ(tally.received, messages);
    EXPECT_EQ(tally.missed.count(), 0u);
}

TEST_P(Leaving, a_destructor_waits_no_longer_than_linger_for_a_reader_that_does_not_read) {
    Node node_b = node("b");
    const std::string place = url();
    auto subscriber = node_b.subscriber<Bytes>(place, {.slow = SlowReader::drop_oldest}).value();
    {
        Node node_a = node("a");
        auto publisher = node_a.publisher<Bytes>(place, {.linger = 10ms}).value();
        publisher.wait_for(1, patience).value();
        for (int i = 0; i < 2000; ++i) publisher.publish(pattern_of(16 * KiB)).value();
    }
    // It returned. What did reach the reader is in order and whole.
    std::uint64_t last = 0;
    while (auto sample = subscriber.try_receive()) {
        EXPECT_GT(sample->header().sequence, last);
        last = sample->header().sequence;
        EXPECT_EQ(**sample, pattern_of(16 * KiB));
    }
}

TEST_P(Leaving, nothing_in_flight_is_waited_for_by_nobody) {
    Node home = node("home");
    auto publisher =
        std::optional{home.publisher<Tick>(url(), {.linger = std::chrono::hours{1}}).value()};
    publisher->publish(tick(1)).value();
    publisher.reset();
    SUCCEED() << "with nobody there the destructor returned at once, not after an hour";
}

TEST_P(Leaving, a_reader_that_dies_ends_the_lingering) {
    Node node_b = node("b");
    const std::string place = url();
    auto subscriber = std::optional{node_b.subscriber<Tick>(place).value()};
    std::thread sender{[&] {
        Node node_a = node("a");
        auto publisher = node_a.publisher<Tick>(place, {.linger = std::chrono::hours{1}}).value();
        publisher.wait_for(1, patience).value();
        for (std::uint64_t i = 1; i <= 10; ++i) publisher.publish(tick(i)).value();
    }};
    EXPECT_TRUE(subscriber->receive_for(patience).ok());
    subscriber.reset();
    sender.join();
}

TEST_P(Leaving, a_nodes_destructor_closes_ports_that_are_still_held) {
    Node node_b = node("b");
    const std::string place = url();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    auto home = std::make_unique<Node>(node_options("home"));
    auto publisher = home->publisher<Tick>(place, {.linger = patience}).value();
    publisher.wait_for(1, patience).value();
    std::thread closing{[&] {
        publisher.publish(tick(1)).value();
        home.reset();
    }};
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
    closing.join();
    EXPECT_TRUE(eventually([&] { return subscriber.publishers() == 0; }));
}

TEST_P(Leaving, an_answer_given_just_before_the_replier_leaves_arrives) {
    Node node_a = node("a");
    const std::string place = url();
    auto requester = node_a.requester<Bytes, Bytes>(place).value();
    std::thread serving{[&] {
        Node node_b = node("b");
        auto replier = node_b.replier<Bytes, Bytes>(place, {.linger = patience}).value();
        replier.receive_for(patience).value().answer(pattern_of(4 * MiB)).value();
    }};
    EXPECT_EQ(*requester.call(Bytes::copy_of("?"), patience).value(), pattern_of(4 * MiB));
    serving.join();
}

}  // namespace
}  // namespace mycelium::conformance
