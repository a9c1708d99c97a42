// Scarcity: no descriptors, no memory: an error to that caller, and it recovers when they return.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>

#include "attacked.h"

namespace mycelium::attack {
namespace {

MYCELIUM_ATTACK_SUITE_EVERYWHERE(Scarcity);

/// UBSan looks at an object's type through a pipe of its own, and takes the lack of one for a
/// fault.
constexpr const char* needs_descriptors = "the sanitizer needs descriptors to look at objects";

TEST_P(Scarcity, without_descriptors_a_new_port_is_refused_and_the_old_ones_go_on) {
    if (is_address_sanitized()) GTEST_SKIP() << needs_descriptors;
    Healthy pair{GetParam()};
    Node home{quiet("home")};
    auto kept = home.publisher<Tick>(new_url(GetParam())).value();
    {
        const DescriptorsExhausted exhausted;
        const auto refused = home.publisher<Tick>(new_url(GetParam()));
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error(), Errc::overloaded) << refused.error().to_string();
        Node another{quiet("another")};
        const auto refused_too = another.publisher<Tick>(new_url(GetParam()));
        ASSERT_FALSE(refused_too.ok());
        EXPECT_EQ(refused_too.error(), Errc::overloaded) << refused_too.error().to_string();
        for (int i = 0; i < 100; ++i) pair.expect_well();
    }
    EXPECT_TRUE(home.publisher<Tick>(new_url(GetParam())).ok());
}

TEST_P(Scarcity, who_dials_meanwhile_is_let_in_when_descriptors_return) {
    if (is_address_sanitized()) GTEST_SKIP() << needs_descriptors;
    Healthy pair{GetParam()};
    Peer late{Deployment::processes, {"subscribe", GetParam(), {{"url", pair.url()}}}};
    late.signal(SIGSTOP);
    {
        const DescriptorsExhausted exhausted;
        late.signal(SIGCONT);
        for (int i = 0; i < 200; ++i) pair.expect_well();
    }
    EXPECT_EQ(late.hear().substr(0, 6), "ready ");
    EXPECT_TRUE(eventually([&] { return pair.publisher().subscribers() >= 2; }));
    pair.expect_well();
}

TEST_P(Scarcity, a_dialler_without_descriptors_tries_again) {
    if (is_address_sanitized()) GTEST_SKIP() << needs_descriptors;
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto warm = away.subscriber<Tick>(new_url(GetParam())).value();  // the driver runs
    auto publisher = home.publisher<Tick>(url).value();
    std::optional<Subscriber<Tick>> subscriber;
    {
        const DescriptorsExhausted exhausted;
        auto made = away.subscriber<Tick>(url);
        if (made.ok()) {
            EXPECT_FALSE(made->wait_for(1, 100ms).ok());
            subscriber = std::move(*made);
        } else {
            EXPECT_EQ(made.error(), Errc::overloaded) << made.error().to_string();
        }
    }
    if (!subscriber) subscriber = away.subscriber<Tick>(url).value();
    EXPECT_TRUE(subscriber->wait_for(1, patience).ok());
}

TEST_P(Scarcity, without_memory_a_large_message_is_an_outcome) {
    if (is_sanitized()) GTEST_SKIP() << "a sanitizer's own memory cannot be limited";
    const std::string url = new_url(GetParam());
    Peer starved{Deployment::processes, {"starved", GetParam(), {{"url", url}}}};
    EXPECT_EQ(starved.hear(), "ready");
    Node home{quiet("home")};
    auto subscriber = home.subscriber<Bytes>(url).value();
    EXPECT_EQ(starved.hear(), "linked");
    starved.say("starve");
    EXPECT_EQ(starved.hear(), "loan overloaded");
    EXPECT_EQ(starved.hear(), "small ok");
    EXPECT_EQ(subscriber.receive_for(patience).value()->text(), "small");
    EXPECT_EQ(starved.hear(), "receive survived");
    EXPECT_EQ(starved.finish(), 0);
}

}  // namespace
}  // namespace mycelium::attack
