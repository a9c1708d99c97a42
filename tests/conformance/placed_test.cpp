// Placed: the same peers as threads of one process and as processes of their own behave the same.
#include <gtest/gtest.h>

#include <sstream>

#include "exclusions.h"
#include "fixture.h"

namespace mycelium::conformance {
namespace {

class Placed : public testing::TestWithParam<Placement> {
protected:
    std::string url() const { return GetParam().transport.make_url(unique_name()); }
    Peer peer(const std::string& name, std::map<std::string, std::string> arguments) const {
        return {GetParam().deployment, {name, GetParam().transport.name, std::move(arguments)}};
    }
};
INSTANTIATE_TEST_SUITE_P(every_placement, Placed, testing::ValuesIn(placements()),
                         testing::PrintToStringParamName());

void expect_ready(Peer& peer) { EXPECT_EQ(peer.hear().substr(0, 6), "ready "); }

TEST_P(Placed, one_publisher_feeds_two_subscribers_with_every_type) {
    for (const char* type : {"tick", "trade", "order", "bytes"}) {
        const std::string place = url();
        Peer publisher = peer("publish", {{"url", place}, {"type", type}, {"wait", "2"}});
        Peer first = peer("subscribe", {{"url", place}, {"type", type}});
        Peer second = peer("subscribe", {{"url", place}, {"type", type}});
        expect_ready(publisher);
        expect_ready(first);
        expect_ready(second);
        publisher.say("go 5000");
        first.say("take 5000");
        second.say("take 5000");
        EXPECT_EQ(first.hear(), "received 5000 missed 0") << type;
        EXPECT_EQ(second.hear(), "received 5000 missed 0") << type;
        EXPECT_EQ(publisher.hear(), "published 5000");
        publisher.say("drain");
        EXPECT_EQ(publisher.hear(), "sent 10000 delivered 10000 dropped 0") << type;
        EXPECT_EQ(publisher.finish(), 0);
        EXPECT_EQ(first.finish(), 0);
        EXPECT_EQ(second.finish(), 0);
    }
}

TEST_P(Placed, ten_mebibytes_arrive_whole) {
    const std::string place = url();
    const std::string size = std::to_string(10 * MiB);
    Peer publisher = peer("publish", {{"url", place}, {"type", "bytes"}, {"size", size}});
    Peer subscriber =
        peer("subscribe", {{"url", place}, {"type", "bytes"}, {"size", size}, {"queue", "4"}});
    publisher.say("go 8");
    subscriber.say("take 8");
    expect_ready(publisher);
    expect_ready(subscriber);
    EXPECT_EQ(subscriber.hear(), "received 8 missed 0");
    EXPECT_EQ(publisher.hear(), "published 8");
}

TEST_P(Placed, many_publishers_dial_one_bound_subscriber) {
    const std::string place = url();
    std::vector<Peer> publishers;
    for (int i = 0; i < 3; ++i) {
        publishers.push_back(
            peer("publish", {{"url", place}, {"role", "connect"}, {"type", "trade"}}));
        publishers.back().say("go 1000");
    }
    Node home{[] {
        NodeOptions options;
        options.name = "subscriber";
        options.transports = GetParam().transport.transports();
        return options;
    }()};
    auto subscriber = home.subscriber<Trade>(place, {.role = Role::bind}).value();
    std::uint64_t sum = 0;
    for (int i = 0; i < 3000; ++i) sum += subscriber.receive_for(patience).value()->asset_id;
    EXPECT_EQ(sum, 3 * 500'500u);
}

TEST_P(Placed, a_slow_reader_is_told_exactly_what_it_missed) {
    for (const char* policy : {"drop_oldest", "latest"}) {
        const std::string place = url();
        Peer publisher = peer("publish", {{"url", place}, {"type", "bytes"}, {"size", "16384"}});
        Peer subscriber = peer("subscribe", {{"url", place},
                                             {"type", "bytes"},
                                             {"size", "16384"},
                                             {"policy", policy},
                                             {"queue", "4"}});
        expect_ready(publisher);
        expect_ready(subscriber);
        publisher.say("go 3000");
        EXPECT_EQ(publisher.hear(), "published 3000");
        subscriber.say("until 3000");
        const std::string told = subscriber.hear();
        std::istringstream words{told};
        std::string word;
        std::uint64_t received = 0, missed = 0;
        words >> word >> received >> word >> missed;
        EXPECT_EQ(received + missed, 3000u) << policy << ": " << told;
        EXPECT_GT(missed, 0u) << policy;
        publisher.say("drain");
        EXPECT_EQ(publisher.hear(), "sent 3000 delivered " + std::to_string(received) +
                                        " dropped " + std::to_string(missed))
            << policy;
    }
}

TEST_P(Placed, a_publisher_that_restarts_is_found_again) {
    const std::string place = url();
    Peer subscriber = peer("subscribe", {{"url", place}});
    expect_ready(subscriber);
    for (int life = 1; life <= 3; ++life) {
        Peer publisher = peer("publish", {{"url", place}});
        expect_ready(publisher);
        publisher.say("go 100");
        subscriber.say("take 100");
        EXPECT_EQ(subscriber.hear(), "received " + std::to_string(life * 100) + " missed 0");
        EXPECT_EQ(publisher.hear(), "published 100");
        EXPECT_EQ(publisher.finish(), 0);
    }
}

TEST_P(Placed, a_late_joiner_is_given_the_history) {
    const std::string place = url();
    Peer publisher =
        peer("publish", {{"url", place}, {"type", "order"}, {"history", "10"}, {"wait", "0"}});
    expect_ready(publisher);
    publisher.say("go 50");
    EXPECT_EQ(publisher.hear(), "published 50");
    Peer subscriber = peer("subscribe", {{"url", place}, {"type", "order"}});
    expect_ready(subscriber);
    subscriber.say("take 10");
    EXPECT_EQ(subscriber.hear(), "received 10 missed 0");
}

TEST_P(Placed, calls_are_answered_refused_and_dropped) {
    const std::string place = url();
    Peer requester = peer("request", {{"url", place}});
    expect_ready(requester);
    requester.say("call echo early");
    Peer replier = peer("reply", {{"url", place}});
    expect_ready(replier);
    EXPECT_EQ(requester.hear(), "answer early") << "a call made before the replier exists";
    requester.say("many 500");
    EXPECT_EQ(requester.hear(), "answered 500");
    requester.say("call fail x");
    EXPECT_EQ(requester.hear().substr(0, 14), "error failed: ");
    requester.say("call drop x");
    EXPECT_EQ(requester.hear().substr(0, 6), "error ");
    requester.say("notify note hello");
    EXPECT_EQ(requester.hear(), "notified");
    EXPECT_EQ(replier.hear(), "notified hello");
    EXPECT_EQ(requester.finish(), 0);
    EXPECT_EQ(replier.finish(), 0);
}

TEST_P(Placed, repliers_may_dial_a_bound_requester) {
    const std::string place = url();
    Peer first = peer("reply", {{"url", place}, {"role", "connect"}});
    Peer requester = peer("request", {{"url", place}, {"role", "bind"}});
    Peer second = peer("reply", {{"url", place}, {"role", "connect"}});
    expect_ready(requester);
    requester.say("many 200");
    EXPECT_EQ(requester.hear(), "answered 200");
    expect_ready(first);
    expect_ready(second);
}

TEST_P(Placed, two_owners_of_one_url_do_not_get_along) {
    const std::string place = url();
    Peer first = peer("publish", {{"url", place}});
    expect_ready(first);
    Peer second = peer("publish", {{"url", place}});
    EXPECT_EQ(second.hear().substr(0, 6), "error ");
    EXPECT_EQ(second.finish(), 1);
    Peer subscriber = peer("subscribe", {{"url", place}});
    first.say("go 10");
    subscriber.say("take 10");
    expect_ready(subscriber);
    EXPECT_EQ(subscriber.hear(), "received 10 missed 0");
}

}  // namespace
}  // namespace mycelium::conformance
