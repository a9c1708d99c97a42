// Mixed: one port on URLs of every scheme at once, and what only some of them can tell.
#include <unistd.h>

#include <iostream>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

Node quiet_node(std::string name) {
    NodeOptions options;
    options.name = std::move(name);
    options.log = [](std::string_view) {};
    return Node{options};
}

std::vector<std::string> one_url_of_each() {
    std::vector<std::string> urls;
    for (const auto& transport : transports_under_test())
        urls.push_back(transport.make_url(unique_name()));
    return urls;
}

TEST(Mixed,
     one_publisher_on_every_scheme_passes_the_pointer_where_it_can_and_encodes_once_for_the_rest) {
    Node home = quiet_node("home"), away = quiet_node("away");
    const auto urls = one_url_of_each();
    auto publisher = home.publisher<Order>(urls).value();
    std::vector<Subscriber<Order>> subscribers;
    for (const auto& url : urls) subscribers.push_back(away.subscriber<Order>(url).value());
    publisher.wait_for(urls.size(), patience).value();
    const auto value = std::make_shared<const Order>(order(1));
    EXPECT_EQ(publisher.publish(value).subscribers(), urls.size());
    std::size_t pointers = 0;
    for (auto& subscriber : subscribers) {
        const auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(*sample, *value);
        pointers += sample.share().get() == value.get() ? 1 : 0;
    }
    EXPECT_EQ(pointers, 1u);
    EXPECT_EQ(publisher.counters().shared, 1u);
    EXPECT_EQ(publisher.counters().encoded, 1u) << "one encoding serves all links that need bytes";
    expect_balanced(publisher);
}

TEST(Mixed, one_subscriber_on_every_scheme_waits_for_all_of_them_at_once) {
    Node home = quiet_node("home"), away = quiet_node("away");
    const auto urls = one_url_of_each();
    std::vector<Publisher<Tick>> publishers;
    for (const auto& url : urls) publishers.push_back(home.publisher<Tick>(url).value());
    auto subscriber = away.subscriber<Tick>(urls).value();
    for (auto& publisher : publishers) publisher.wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 200; ++i) {
        publishers[i % publishers.size()].publish(tick(i)).value();
        EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(i));
    }
}

TEST(Mixed, one_replier_on_every_scheme_serves_one_requester_on_each) {
    Node home = quiet_node("home"), away = quiet_node("away");
    const auto urls = one_url_of_each();
    auto replier = home.replier<Tick, Tick>(urls).value();
    for (const auto& url : urls) {
        auto requester = away.requester<Tick, Tick>(url).value();
        auto pending = requester.begin_call(tick(1), patience).value();
        replier.receive_for(patience).value().answer(tick(2)).value();
        EXPECT_EQ(*pending.wait().value(), tick(2));
    }
}

TEST(Mixed, port_zero_takes_a_free_port_and_url_tells_it) {
    Node home = quiet_node("home"), away = quiet_node("away");
    auto first = home.publisher<Tick>("tcp://127.0.0.1:0").value();
    auto second = home.publisher<Tick>("tcp://127.0.0.1:0").value();
    EXPECT_NE(first.url(), second.url());
    EXPECT_NE(HostPort::parse(Url::parse(first.url()).value().place).value().port, 0);
    auto subscriber = away.subscriber<Tick>(second.url()).value();
    second.wait_for(1, patience).value();
    second.publish(tick(1)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
}

TEST(Mixed, an_abstract_socket_and_an_address_in_brackets_are_places_too) {
    Node home = quiet_node("home"), away = quiet_node("away");
    for (const std::string url :
         {"unix://@mycelium-conformance-" + unique_name(), std::string{"tcp://[::1]:0"}}) {
        auto publisher = home.publisher<Tick>(url);
        if (!publisher && url.find("::1") != std::string::npos) {
            std::cout << "not run: " << url
                      << ", this machine has no IPv6: " << publisher.error().to_string() << '\n';
            continue;
        }
        auto subscriber = away.subscriber<Tick>(publisher.value().url()).value();
        publisher->wait_for(1, patience).value();
        publisher->publish(tick(1)).value();
        EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
    }
}

TEST(Mixed, a_checksum_may_be_asked_for_on_a_local_socket) {
    Node home = quiet_node("home"), away = quiet_node("away");
    const std::string place = transport_named("unix").make_url(unique_name());
    auto publisher = home.publisher<Bytes>(place + "?checksum=on").value();
    auto subscriber = away.subscriber<Bytes>(place + "?checksum=on").value();
    publisher.wait_for(1, patience).value();
    publisher.publish(pattern_of(1000)).value();
    const auto sample = subscriber.receive_for(patience).value();
    EXPECT_EQ(*sample, pattern_of(1000));
    EXPECT_EQ(sample.header().flags & flag_unchecked, 0);
    EXPECT_NE(sample.header().checksum, 0u);
}

TEST(Mixed, a_second_owner_is_refused_with_the_first_ones_pid) {
    Node first = quiet_node("first"), second = quiet_node("second");
    for (const char* scheme : {"inproc", "unix"}) {
        const std::string place = transport_named(scheme).make_url(unique_name());
        auto owner = first.publisher<Tick>(place).value();
        const auto refused = second.publisher<Tick>(place);
        ASSERT_FALSE(refused.ok());
        EXPECT_NE(refused.error().message().find(std::to_string(::getpid())), std::string::npos)
            << refused.error().message();
    }
}

TEST(Mixed, the_kernel_vouches_for_a_local_peers_pid) {
    Node home = quiet_node("home"), away = quiet_node("away");
    const std::string place = transport_named("unix").make_url(unique_name());
    auto publisher = home.publisher<Tick>(place).value();
    auto subscriber = away.subscriber<Tick>(place).value();
    const auto connected = next_event(publisher, Event::Kind::connected);
    ASSERT_TRUE(connected);
    EXPECT_EQ(connected->pid, std::optional<std::int64_t>{::getpid()});
}

}  // namespace
}  // namespace mycelium::conformance
