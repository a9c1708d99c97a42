// Strangers: a process of another user is refused by both ends, and both say why; unless the URL
// allows it.
#include <unistd.h>

#include "attacked.h"

namespace mycelium::attack {
namespace {

constexpr const char* stranger = "65534";

class Strangers : public testing::Test {
protected:
    void SetUp() override {
        if (::getuid() != 0) GTEST_SKIP() << "only root can start a process of another user";
    }
    static std::string abstract_url() { return "unix://@mycelium-strangers-" + unique_name(); }
    static bool names_a_user(const std::string& text) {
        return text.find("uid") != std::string::npos;
    }
};

TEST_F(Strangers, who_dials_is_refused_and_both_are_told) {
    const std::string url = abstract_url();
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>(url).value();
    Peer other{Deployment::processes, {"stranger", "unix", {{"url", url}, {"uid", stranger}}}};
    const auto refused = next_event(publisher, Event::Kind::refused);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->reason.find(stranger), std::string::npos) << refused->reason;
    const std::string told = other.hear();
    EXPECT_TRUE(names_a_user(told)) << told;
    EXPECT_EQ(publisher.subscribers(), 0u);
}

TEST_F(Strangers, who_is_bound_is_refused_by_who_dials_and_both_are_told) {
    const std::string url = abstract_url();
    Peer other{Deployment::processes,
               {"stranger", "unix", {{"url", url}, {"uid", stranger}, {"role", "bind"}}}};
    EXPECT_EQ(other.hear(), "bound");
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>(url, {.role = Role::connect}).value();
    const auto refused = next_event(publisher, Event::Kind::refused);
    ASSERT_TRUE(refused);
    EXPECT_TRUE(names_a_user(refused->reason)) << refused->reason;
    EXPECT_EQ(publisher.subscribers(), 0u);
    const std::string told = other.hear();
    EXPECT_TRUE(names_a_user(told)) << told;
}

TEST_F(Strangers, a_url_may_allow_a_user_on_both_ends) {
    const std::string url = abstract_url();
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>(url + "?allow=uid:65534").value();
    Peer other{Deployment::processes,
               {"stranger", "unix", {{"url", url + "?allow=uid:0"}, {"uid", stranger}}}};
    EXPECT_TRUE(publisher.wait_for(1, patience).ok());
    EXPECT_EQ(other.hear(), "linked");
}

TEST_F(Strangers, a_socket_file_keeps_them_out_by_its_mode) {
    const std::string url = new_url("unix");
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>(url).value();
    Peer other{Deployment::processes, {"stranger", "unix", {{"url", url}, {"uid", stranger}}}};
    const std::string told = other.hear();
    EXPECT_TRUE(told.find("ermission") != std::string::npos ||
                told.find("denied") != std::string::npos)
        << told;
}

// The ends of shm://name meet at a name that has the user's number in it: another user's is found
// only where the URL allows him.

TEST_F(Strangers, who_dials_another_users_shared_memory_is_refused_and_both_are_told) {
    const std::string url = new_url("shm");
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>(url).value();
    Peer other{Deployment::processes,
               {"stranger", "shm", {{"url", url + "?allow=uid:0"}, {"uid", stranger}}}};
    const auto refused = next_event(publisher, Event::Kind::refused);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->reason.find(stranger), std::string::npos) << refused->reason;
    const std::string told = other.hear();
    EXPECT_TRUE(names_a_user(told)) << told;
    EXPECT_EQ(publisher.subscribers(), 0u);
}

TEST_F(Strangers, shared_memory_may_be_allowed_to_a_user_on_both_ends) {
    const std::string url = new_url("shm");
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>(url + "?allow=uid:65534").value();
    Peer other{Deployment::processes,
               {"stranger", "shm", {{"url", url + "?allow=uid:0"}, {"uid", stranger}}}};
    EXPECT_TRUE(publisher.wait_for(1, patience).ok());
    EXPECT_EQ(other.hear(), "linked");
    for (std::uint64_t number = 1; number <= 10; ++number) publisher.publish(tick(number)).value();
    EXPECT_TRUE(eventually([&] { return publisher.counters().sent == 10; }));
}

TEST_F(Strangers, who_sits_on_our_name_is_named_to_who_binds_and_refused_by_who_dials) {
    const std::string url = new_url("shm");
    Peer other{Deployment::processes,
               {"squatter", "shm", {{"url", url}, {"uid", stranger}, {"owner", "0"}}}};
    ASSERT_EQ(other.hear(), "squatting");
    Node home{quiet("home")};
    const auto publisher = home.publisher<Tick>(url);
    ASSERT_FALSE(publisher.ok());
    EXPECT_EQ(publisher.error(), Errc::denied);
    EXPECT_NE(publisher.error().message().find("held by uid 65534"), std::string::npos)
        << publisher.error().message();
    auto subscriber = home.subscriber<Tick>(url).value();
    const auto refused = next_event(subscriber, Event::Kind::refused);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->reason.find(stranger), std::string::npos) << refused->reason;
    EXPECT_EQ(subscriber.publishers(), 0u);
}

}  // namespace
}  // namespace mycelium::attack
