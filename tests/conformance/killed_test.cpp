// Killed: what a peer's death by SIGKILL means to the one that survives it.
#include <gtest/gtest.h>
#include <signal.h>

#include "exclusions.h"
#include "fixture.h"

namespace mycelium::conformance {
namespace {

class Killed : public testing::TestWithParam<Placement> {
protected:
    std::string url() const { return GetParam().transport.make_url(unique_name()); }
    Peer peer(const std::string& name, std::map<std::string, std::string> arguments) const {
        return {Deployment::processes, {name, GetParam().transport.name, std::move(arguments)}};
    }
    Node node() const {
        NodeOptions options;
        options.name = "survivor";
        options.transports = GetParam().transport.transports();
        options.log = [](std::string_view) {};
        return Node{options};
    }
};
INSTANTIATE_TEST_SUITE_P(every_transport, Killed, testing::ValuesIn(placements_in_processes()),
                         testing::PrintToStringParamName());
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Killed);

TEST_P(Killed, a_replier_that_dies_with_a_request_in_hand_loses_it) {
    const std::string place = url();
    Peer replier = peer("reply", {{"url", place}});
    EXPECT_EQ(replier.hear().substr(0, 6), "ready ");
    Node home = node();
    auto requester = home.requester<Bytes, Bytes>(place).value();
    auto held = requester.begin_call(Bytes::copy_of("?"), patience, "hold").value();
    EXPECT_EQ(replier.hear(), "holding 1");
    replier.kill();
    const auto error = held.wait().error();
    EXPECT_EQ(error, Errc::lost) << error.to_string();
}

TEST_P(Killed, a_replier_that_died_before_the_call_makes_it_unavailable_or_wait_for_the_next) {
    const std::string place = url();
    Node home = node();
    auto requester = home.requester<Bytes, Bytes>(place).value();
    {
        Peer replier = peer("reply", {{"url", place}});
        EXPECT_EQ(replier.hear().substr(0, 6), "ready ");
        EXPECT_TRUE(requester.call(Bytes::copy_of("?"), patience).ok());
        replier.kill();
    }
    EXPECT_TRUE(eventually([&] { return requester.port().peers() == 0; }));
    const auto error = requester.call(Bytes::copy_of("?"), 30ms).error();
    EXPECT_EQ(error, Errc::unavailable) << error.to_string();
    Peer next = peer("reply", {{"url", place}});
    EXPECT_EQ(requester.call(Bytes::copy_of("again"), patience).value()->text(), "again");
}

TEST_P(Killed, calls_a_dead_replier_never_received_are_not_left_hanging) {
    const std::string place = url();
    Peer replier = peer("reply", {{"url", place}, {"held", "1"}});
    EXPECT_EQ(replier.hear().substr(0, 6), "ready ");
    Node home = node();
    auto requester = home.requester<Bytes, Bytes>(place).value();
    auto held = requester.begin_call(Bytes::copy_of("?"), patience, "hold").value();
    EXPECT_EQ(replier.hear(), "holding 1");
    std::vector<PendingCall<Bytes>> behind;
    for (int i = 0; i < 50; ++i)
        behind.push_back(requester.begin_call(pattern_of(64 * KiB), patience).value());
    replier.kill();
    EXPECT_EQ(held.wait().error(), Errc::lost);
    for (auto& call : behind) {
        const auto error = call.wait().error();
        EXPECT_TRUE(error == Errc::unavailable || error == Errc::lost) << error.to_string();
    }
}

TEST_P(Killed, a_subscriber_that_dies_costs_its_publisher_nothing) {
    const std::string place = url();
    Node home = node();
    auto publisher = home.publisher<Tick>(place, {.block_max = patience}).value();
    auto other = home.subscriber<Tick>(place, {.queue_messages_max = 100'000}).value();
    Peer victim = peer("subscribe", {{"url", place}, {"queue", "4"}});
    EXPECT_EQ(victim.hear().substr(0, 6), "ready ");
    publisher.wait_for(2, patience).value();
    for (std::uint64_t i = 1; i <= 4; ++i) publisher.publish(tick(i)).value();
    victim.kill();
    for (std::uint64_t i = 5; i <= 1000; ++i) publisher.publish(tick(i)).value();
    EXPECT_EQ(read_until(other, 1000).received, 1000u);
    EXPECT_TRUE(eventually([&] { return publisher.subscribers() == 1; }));
    expect_balanced(publisher);
}

TEST_P(Killed, a_stopped_subscriber_is_silent_and_not_dead) {
    const std::string place = url();
    Node home = node();
    auto publisher = home.publisher<Bytes>(place, {.block_max = 10ms}).value();
    Peer stopped =
        peer("subscribe", {{"url", place}, {"type", "bytes"}, {"size", "16384"}, {"queue", "4"}});
    EXPECT_EQ(stopped.hear().substr(0, 6), "ready ");
    publisher.wait_for(1, patience).value();
    stopped.signal(SIGSTOP);
    const Bytes block = pattern_of(16 * KiB);
    for (int i = 0; i < 2000; ++i) publisher.publish(block).value();
    EXPECT_EQ(publisher.subscribers(), 1u);
    stopped.signal(SIGCONT);
    stopped.say("until 2000");
    const std::string told = stopped.hear();
    EXPECT_TRUE(publisher.drain(patience).ok());
    const Counters counters = publisher.counters();
    EXPECT_EQ(told, "received " + std::to_string(counters.delivered) + " missed " +
                        std::to_string(counters.dropped_total()));
    EXPECT_GT(counters.dropped_total(), 0u);
}

TEST_P(Killed, a_publisher_that_dies_is_a_restart_when_it_is_back) {
    const std::string place = url();
    Node home = node();
    auto subscriber = home.subscriber<Tick>(place).value();
    for (int life = 1; life <= 3; ++life) {
        Peer publisher = peer("publish", {{"url", place}});
        EXPECT_EQ(publisher.hear().substr(0, 6), "ready ");
        publisher.say("go 10");
        for (std::uint64_t i = 1; i <= 10; ++i) {
            const auto sample = subscriber.receive_for(patience).value();
            EXPECT_EQ(*sample, tick(i));
            EXPECT_EQ(sample.missed().count(), 0u);
        }
        if (life > 1) {
            EXPECT_TRUE(next_event(subscriber, Event::Kind::restarted));
        }
        publisher.kill();
        EXPECT_TRUE(next_event(subscriber, Event::Kind::disconnected));
    }
}

TEST_P(Killed, a_requester_that_dies_cancels_its_calls) {
    const std::string place = url();
    Node home = node();
    auto replier = home.replier<Bytes, Bytes>(place).value();
    Peer requester = peer("request", {{"url", place}});
    EXPECT_EQ(requester.hear().substr(0, 6), "ready ");
    requester.say("call hold ?");
    auto request = replier.receive_for(patience).value();
    EXPECT_FALSE(request.is_cancelled());
    requester.kill();
    EXPECT_TRUE(eventually([&] {
        (void)replier.try_receive();
        return request.is_cancelled();
    }));
    EXPECT_EQ(request.answer(Bytes{}).error(), Errc::closed);
}

}  // namespace
}  // namespace mycelium::conformance
