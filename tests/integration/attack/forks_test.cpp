// Forks: a child of the user's program does no harm, learns that it is one, and does not hide its
// parent's death.
#include <signal.h>

#include <sstream>

#include "attacked.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

MYCELIUM_ATTACK_SUITE_EVERYWHERE(Forks);

TEST_P(Forks, the_child_is_told_and_the_parent_goes_on) {
    const std::string url = new_url(GetParam());
    Peer parent{Deployment::processes,
                {"forking", GetParam(), {{"url", url}, {"absent", new_url(GetParam())}}}};
    EXPECT_EQ(parent.hear(), "ready");
    Node home{quiet("home")};
    auto subscriber = home.subscriber<Tick>(url).value();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        parent.say("publish " + std::to_string(i));
        EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(i));
        parent.say("fork");
        EXPECT_EQ(parent.hear(), "child 0") << "the child's exit code says what went wrong";
    }
    EXPECT_EQ(count_events(subscriber, Event::Kind::disconnected), 0u)
        << "a child's exit looked like its parent's";
    EXPECT_EQ(parent.finish(), 0);
}

TEST_P(Forks, the_parents_death_is_noticed_although_the_child_lives) {
    const std::string url = new_url(GetParam());
    Peer parent{Deployment::processes,
                {"forking", GetParam(), {{"url", url}, {"absent", new_url(GetParam())}}}};
    EXPECT_EQ(parent.hear(), "ready");
    Node home{quiet("home")};
    auto subscriber = home.subscriber<Tick>(url).value();
    parent.say("publish 1");
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
    parent.say("leave a child");
    std::istringstream words{parent.hear()};
    std::string word;
    pid_t child = -1;
    words >> word >> child;
    ASSERT_GT(child, 0);
    parent.kill();
    EXPECT_TRUE(next_event(subscriber, Event::Kind::disconnected));
    EXPECT_TRUE(eventually([&] { return subscriber.publishers() == 0; }));
    EXPECT_EQ(::kill(child, 0), 0) << "the child had died too: this shows nothing";
    Node heir{quiet("heir")};
    // On a busy machine the child closes what it inherited when it is first given a core.
    EXPECT_TRUE(eventually([&] { return heir.publisher<Tick>(url).ok(); }))
        << "the child kept its parent's place";
    ::kill(child, SIGKILL);
}

TEST(ForksOfReaders, a_child_may_let_go_of_its_parents_samples_and_the_parent_still_has_them) {
    const std::string url = new_url("shm");
    Node home{quiet("home")};
    auto publisher = home.publisher<Bytes>(url).value();
    Peer parent{Deployment::processes, {"forking_reader", "shm", {{"url", url}}}};
    EXPECT_EQ(parent.hear(), "ready");
    publisher.wait_for(1, patience).value();
    for (std::uint64_t number = 1; number <= 40; ++number) {
        publisher.publish(stamped(number, 3000)).value();
        if (number % 10 != 0) continue;
        parent.say("fork");
        EXPECT_EQ(parent.hear(), "child 0") << "the child's exit code says what went wrong";
    }
    EXPECT_EQ(publisher.subscribers(), 1u);
    EXPECT_EQ(parent.finish(), 0);
}

}  // namespace
}  // namespace mycelium::attack
