// Meeting: any side binds, any side starts first, any side may come back.
#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Meeting);

void expect_one_passes(Publisher<Tick>& publisher, Subscriber<Tick>& subscriber) {
    publisher.wait_for(1, patience).value();
    publisher.publish(tick(1)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
}

TEST_P(Meeting, a_subscriber_may_be_there_before_its_publisher) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    EXPECT_EQ(subscriber.wait_for(1, 50ms).error(), Errc::timeout);
    auto publisher = node_a.publisher<Tick>(place).value();
    subscriber.wait_for(1, patience).value();
    expect_one_passes(publisher, subscriber);
}

TEST_P(Meeting, a_publisher_may_dial_a_subscriber_that_is_bound) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto subscriber = node_b.subscriber<Tick>(place, {.role = Role::bind}).value();
    auto publisher = node_a.publisher<Tick>(place, {.role = Role::connect}).value();
    expect_one_passes(publisher, subscriber);
}

TEST_P(Meeting, a_publisher_may_dial_before_its_subscriber_is_bound) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place, {.role = Role::connect}).value();
    EXPECT_EQ(publisher.wait_for(1, 50ms).error(), Errc::timeout);
    auto subscriber = node_b.subscriber<Tick>(place, {.role = Role::bind}).value();
    expect_one_passes(publisher, subscriber);
}

TEST_P(Meeting, a_requester_may_bind_and_repliers_dial) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto replier = node_b.replier<Tick, Tick>(place, {.role = Role::connect}).value();
    auto requester = node_a.requester<Tick, Tick>(place, {.role = Role::bind}).value();
    auto pending = requester.begin_call(tick(1), patience).value();
    replier.receive_for(patience).value().answer(tick(2)).value();
    EXPECT_EQ(*pending.wait().value(), tick(2));
}

TEST_P(Meeting, both_ends_are_told_when_they_connect_and_when_the_other_leaves) {
    Node node_a = node("alpha"), node_b = node("beta");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    {
        auto subscriber = node_b.subscriber<Tick>(place).value();
        const auto there = next_event(publisher, Event::Kind::connected);
        ASSERT_TRUE(there);
        EXPECT_EQ(there->peer, "beta");
        const auto here = next_event(subscriber, Event::Kind::connected);
        ASSERT_TRUE(here);
        EXPECT_EQ(here->peer, "alpha");
    }
    EXPECT_TRUE(next_event(publisher, Event::Kind::disconnected));
    EXPECT_TRUE(eventually([&] { return publisher.subscribers() == 0; }));
}

TEST_P(Meeting, a_publisher_that_comes_back_is_a_restart_and_not_a_gap) {
    Node node_b = node("b");
    const std::string place = url();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    for (std::uint32_t life = 1; life <= 3; ++life) {
        Node node_a = node("a");
        auto publisher = node_a.publisher<Tick>(place).value();
        publisher.wait_for(1, patience).value();
        for (std::uint64_t i = 1; i <= 5; ++i) publisher.publish(tick(i, life)).value();
        for (std::uint64_t i = 1; i <= 5; ++i) {
            const auto sample = subscriber.receive_for(patience).value();
            EXPECT_EQ(*sample, tick(i, life));
            EXPECT_EQ(sample.header().sequence, i);
            EXPECT_EQ(sample.missed().count(), 0u) << name_of(sample.missed().reason());
        }
        if (life > 1) {
            EXPECT_TRUE(next_event(subscriber, Event::Kind::restarted));
        }
    }
}

TEST_P(Meeting, a_subscriber_that_comes_back_is_served_from_now_on) {
    Node node_a = node("a");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    for (std::uint64_t life = 1; life <= 3; ++life) {
        Node node_b = node("b");
        auto subscriber = node_b.subscriber<Tick>(place).value();
        publisher.wait_for(1, patience).value();
        publisher.publish(tick(life)).value();
        const auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(*sample, tick(life));
        EXPECT_EQ(sample.missed().count(), 0u) << "what it never subscribed to is not a loss";
        ASSERT_TRUE(eventually([&] { return publisher.counters().in_flight() == 0; }));
        { auto gone = std::move(subscriber); }
        ASSERT_TRUE(eventually([&] { return publisher.subscribers() == 0; }));
    }
}

TEST_P(Meeting, a_url_is_free_again_when_its_owner_is_gone) {
    const std::string place = url();
    for (int life = 0; life < 5; ++life) {
        Node home = node("home");
        ASSERT_TRUE(home.publisher<Tick>(place).ok());
    }
}

TEST_P(Meeting, a_second_owner_of_a_url_is_refused_and_the_first_undisturbed) {
    Node first = node("first"), second = node("second"), third = node("third");
    const std::string place = url();
    auto publisher = first.publisher<Tick>(place).value();
    auto refused = second.publisher<Tick>(place);
    ASSERT_FALSE(refused.ok());
    EXPECT_FALSE(refused.error().message().empty());
    auto subscriber = third.subscriber<Tick>(place).value();
    expect_one_passes(publisher, subscriber);
}

TEST_P(Meeting, a_port_on_several_urls_is_refused_whole_if_one_is_taken) {
    Node first = node("first"), second = node("second");
    const std::string taken = url(), free = url();
    auto publisher = first.publisher<Tick>(taken).value();
    EXPECT_FALSE(second.publisher<Tick>({free.c_str(), taken.c_str()}).ok());
    EXPECT_TRUE(first.publisher<Tick>(free).ok())
        << "the free one was kept by a port that does not exist";
}

TEST_P(Meeting, a_port_of_the_wrong_pattern_is_refused_with_the_reason) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto replier = node_a.replier<Tick, Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    const auto refused = next_event(subscriber, Event::Kind::refused);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->reason.find("replier"), std::string::npos) << refused->reason;
    const auto error = subscriber.wait_for(1, 50ms).error();
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_NE(error.message().find("replier"), std::string::npos) << error.message();
}

TEST_P(Meeting, a_wrong_url_is_invalid_and_an_unknown_scheme_unsupported) {
    Node home = node("home");
    EXPECT_EQ(home.publisher<Tick>("no scheme").error(), Errc::invalid);
    EXPECT_EQ(home.publisher<Tick>(GetParam().name + "://").error(), Errc::invalid);
    EXPECT_EQ(home.publisher<Tick>("carrierpigeon://loft").error(), Errc::unsupported);
    EXPECT_EQ(home.subscriber<Tick>(Urls{std::vector<std::string>{}}).error(), Errc::invalid);
}

}  // namespace
}  // namespace mycelium::conformance
