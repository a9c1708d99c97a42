// Order: first in, first out per publisher, to every subscriber, whoever bound.
#include <map>
#include <thread>
#include <vector>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Ordering);

TEST_P(Ordering, what_one_publisher_sends_arrives_in_order_and_whole) {
    constexpr std::uint64_t messages = 20'000;
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    std::thread sender{[&] {
        for (std::uint64_t i = 1; i <= messages; ++i) publisher.publish(tick(i)).value();
        publisher.flush();
    }};
    for (std::uint64_t i = 1; i <= messages; ++i) {
        auto sample = subscriber.receive_for(patience);
        if (!sample.ok()) {
            ADD_FAILURE() << "message " << i << ": " << sample.error().to_string();
            node_a.stop();
            break;
        }
        EXPECT_EQ(**sample, tick(i));
        EXPECT_EQ(sample->header().sequence, i);
        EXPECT_EQ(sample->missed().count(), 0u);
    }
    sender.join();
    expect_balanced(publisher);
    EXPECT_EQ(publisher.counters().delivered, messages);
    EXPECT_EQ(subscriber.counters().delivered, messages);
}

TEST_P(Ordering, a_span_of_values_is_published_in_its_order) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    std::vector<Tick> ticks;
    for (std::uint64_t i = 1; i <= 300; ++i) ticks.push_back(tick(i));
    publisher.publish(std::span<const Tick>{ticks}).value();
    for (const Tick& expected : ticks)
        EXPECT_EQ(*subscriber.receive_for(patience).value(), expected);
    EXPECT_EQ(publisher.counters().published, ticks.size());
    expect_balanced(publisher);
}

TEST_P(Ordering, every_subscriber_gets_every_message) {
    Node node_a = node("a"), node_b = node("b"), node_c = node("c");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    std::vector<Subscriber<Tick>> subscribers;
    for (Node* home : {&node_b, &node_b, &node_c})
        subscribers.push_back(home->subscriber<Tick>(place).value());
    publisher.wait_for(3, patience).value();
    for (std::uint64_t i = 1; i <= 100; ++i)
        EXPECT_EQ(publisher.publish(tick(i)).subscribers(), 3u);
    for (auto& subscriber : subscribers)
        for (std::uint64_t i = 1; i <= 100; ++i)
            EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(i));
    expect_balanced(publisher);
    EXPECT_EQ(publisher.counters().sent, 300u);
}

TEST_P(Ordering, many_publishers_may_dial_one_bound_subscriber) {
    constexpr std::uint32_t publishers = 4;
    constexpr std::uint64_t messages = 2'000;
    Node home = node("subscriber");
    const std::string place = url();
    auto subscriber = home.subscriber<Tick>(place, {.role = Role::bind}).value();
    std::vector<std::thread> senders;
    for (std::uint32_t p = 0; p < publishers; ++p)
        senders.emplace_back([&place, p] {
            Node away = node("publisher " + std::to_string(p));
            auto publisher =
                away.publisher<Tick>(place, {.role = Role::connect, .linger = patience}).value();
            publisher.wait_for(1, patience).value();
            for (std::uint64_t i = 1; i <= messages; ++i) publisher.publish(tick(i, p)).value();
        });
    std::map<std::uint32_t, std::uint64_t> last;
    for (std::uint64_t n = 0; n < publishers * messages; ++n) {
        auto sample = subscriber.receive_for(patience);
        if (!sample.ok()) {
            ADD_FAILURE() << "message " << n << ": " << sample.error().to_string();
            break;
        }
        const std::uint64_t next = ++last[(*sample)->publisher];
        EXPECT_EQ((*sample)->number, next);
        EXPECT_EQ(sample->missed().count(), 0u);
    }
    for (auto& sender : senders) sender.join();
    EXPECT_EQ(last.size(), publishers);
}

TEST_P(Ordering, one_publisher_may_bind_several_urls_and_one_subscriber_dial_them) {
    Node node_a = node("a"), node_b = node("b");
    const std::vector<std::string> places{url(), url()};
    auto publisher = node_a.publisher<Tick>(places).value();
    EXPECT_EQ(publisher.port().urls().size(), 2u);
    auto first = node_b.subscriber<Tick>(places[0]).value();
    auto second = node_b.subscriber<Tick>(places[1]).value();
    publisher.wait_for(2, patience).value();
    for (std::uint64_t i = 1; i <= 10; ++i) publisher.publish(tick(i)).value();
    for (std::uint64_t i = 1; i <= 10; ++i) {
        EXPECT_EQ(*first.receive_for(patience).value(), tick(i));
        EXPECT_EQ(*second.receive_for(patience).value(), tick(i));
    }
}

TEST_P(Ordering, one_subscriber_may_follow_several_publishers_at_several_urls) {
    Node node_a = node("a"), node_b = node("b"), node_c = node("c");
    const std::vector<std::string> places{url(), url()};
    auto first = node_a.publisher<Tick>(places[0]).value();
    auto second = node_b.publisher<Tick>(places[1]).value();
    auto subscriber = node_c.subscriber<Tick>(places).value();
    subscriber.wait_for(2, patience).value();
    first.wait_for(1, patience).value();
    second.wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 50; ++i) {
        first.publish(tick(i, 1)).value();
        second.publish(tick(i, 2)).value();
    }
    std::map<std::uint32_t, std::uint64_t> last;
    for (int n = 0; n < 100; ++n) {
        const auto sample = subscriber.receive_for(patience).value();
        const std::uint64_t next = ++last[sample->publisher];
        EXPECT_EQ(sample->number, next);
    }
    EXPECT_EQ(last[1], 50u);
    EXPECT_EQ(last[2], 50u);
}

TEST_P(Ordering, several_ports_of_one_node_share_one_url) {
    Node home = node("home"), away = node("away");
    const std::string place = url();
    auto first = home.publisher<Tick>(place).value();
    auto second = home.publisher<Tick>(place).value();
    auto replier = home.replier<Tick, Tick>(place).value();
    auto subscriber = away.subscriber<Tick>(place).value();
    auto requester = away.requester<Tick, Tick>(place).value();
    first.wait_for(1, patience).value();
    second.wait_for(1, patience).value();
    subscriber.wait_for(2, patience).value();
    first.publish(tick(1, 1)).value();
    second.publish(tick(1, 2)).value();
    std::uint32_t seen = 0;
    for (int n = 0; n < 2; ++n) seen |= subscriber.receive_for(patience).value()->publisher;
    EXPECT_EQ(seen, 3u);
    auto pending = requester.begin_call(tick(7), patience).value();
    auto request = replier.receive_for(patience).value();
    EXPECT_EQ(request.question(), tick(7));
    request.answer(tick(8)).value();
    EXPECT_EQ(*pending.wait().value(), tick(8));
}

TEST_P(Ordering, a_port_added_to_a_bound_url_is_found_by_those_already_linked) {
    Node home = node("home"), away = node("away");
    const std::string place = url();
    auto first = home.publisher<Tick>(place).value();
    auto subscriber = away.subscriber<Tick>(place).value();
    first.wait_for(1, patience).value();
    auto second = home.publisher<Tick>(place).value();
    // Who receives learns of it: links are passive.
    EXPECT_TRUE(eventually([&] { return !subscriber.try_receive() && second.subscribers() == 1; }));
    second.publish(tick(5, 2)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(5, 2));
}

}  // namespace
}  // namespace mycelium::conformance
