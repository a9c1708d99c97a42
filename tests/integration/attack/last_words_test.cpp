// What a publisher had sent before it was killed.
#include <gtest/gtest.h>

#include "attacked.h"

namespace mycelium::attack {
namespace {

MYCELIUM_ATTACK_SUITE_EVERYWHERE(LastWords);

/// The driver looks after the link first, while nobody receives and a message is still in the
/// user's hands.
TEST_P(LastWords, of_a_killed_publisher_are_all_received) {
    const std::string url = new_url(GetParam());
    Peer speaker{Deployment::processes,
                 {"forking", GetParam(), {{"url", url}, {"absent", new_url(GetParam())}}}};
    EXPECT_EQ(speaker.hear(), "ready");
    Node home{quiet("home")};
    auto subscriber = home.subscriber<Tick>(url).value();
    speaker.say("publish 1");
    const auto first = subscriber.receive_for(patience).value();
    EXPECT_EQ(*first, tick(1));
    for (int number = 2; number <= 6; ++number) speaker.say("publish " + std::to_string(number));
    speaker.say("fork");
    EXPECT_EQ(speaker.hear(), "child 0");  // and so all are published
    speaker.kill();
    EXPECT_TRUE(eventually([&] { return subscriber.publishers() == 0; }));
    (void)subscriber.wait_for(1, std::chrono::milliseconds{100});  // the driver's turn
    for (std::uint64_t number = 2; number <= 6; ++number) {
        const auto sample = subscriber.receive_for(patience);
        ASSERT_TRUE(sample.ok()) << sample.error().to_string();
        EXPECT_EQ(**sample, tick(number));
    }
    EXPECT_FALSE(subscriber.try_receive());
    EXPECT_TRUE(next_event(subscriber, Event::Kind::disconnected));
    EXPECT_EQ(*first, tick(1));
}

}  // namespace
}  // namespace mycelium::attack
