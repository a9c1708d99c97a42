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

}  // namespace
}  // namespace mycelium::attack
