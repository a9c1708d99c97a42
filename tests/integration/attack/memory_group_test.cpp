// A real control group with a limit: what there is no room for is an outcome, not a death.
#include <iostream>
#include <stdexcept>

#include "attacked.h"
#include "memory_group.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

constexpr std::size_t limit = 64 * MiB;

/// A publisher in a group, and a subscriber outside. Skips the test where there is no group.
class MemoryGroup_ : public testing::Test {
protected:
    void SetUp() override {
        if (is_sanitized()) GTEST_SKIP() << "a sanitizer's own memory does not fit";
        try {
            group_.emplace(limit);
        } catch (const std::runtime_error& error) {
            GTEST_SKIP() << error.what();
        }
        publisher_.emplace(Deployment::processes,
                           Part{"crowded", "shm", {{"url", url_}, {"group", group_->path()}}});
        ASSERT_EQ(publisher_->hear(), "ready");
    }
    void TearDown() override {
        if (!publisher_) return;
        EXPECT_EQ(publisher_->finish(), 0) << "it was killed, or ended badly";
        EXPECT_EQ(group_->kills(), 0u);
    }
    Peer& publisher() { return *publisher_; }
    std::string ask(const std::string& order) {
        publisher_->say(order);
        const std::string answer = publisher_->hear(10 * patience);  // pages are slow where few are
        std::cout << order << ": " << answer << " (" << group_->used_bytes() / KiB << " KiB of "
                  << limit / KiB << ")\n";
        return answer;
    }
    void expect_to_receive(Subscriber<Bytes>& subscriber) {
        EXPECT_EQ(ask("publish"), "published");
        auto sample = subscriber.receive_for(patience);
        ASSERT_TRUE(sample.ok()) << sample.error().to_string();
        EXPECT_EQ(stamped_number((*sample)->span()), 1u);
    }

    const std::string url_ = new_url("shm");
    Node away_{quiet("away")};
    std::optional<MemoryGroup> group_;
    std::optional<Peer> publisher_;
};

TEST_F(MemoryGroup_, loans_that_it_has_no_room_for_are_refused_and_what_fits_goes_on) {
    auto subscriber = away_.subscriber<Bytes>(url_).value();
    ASSERT_TRUE(subscriber.wait_for(1, patience).ok());
    expect_to_receive(subscriber);
    EXPECT_EQ(ask(std::to_string(2 * limit)), "0 loans, then overloaded");
    expect_to_receive(subscriber);
    const std::string some = ask(std::to_string(1 * MiB));
    EXPECT_NE(some.find(" loans, then overloaded"), std::string::npos) << some;
    EXPECT_GT(std::stoi(some), 16);
    expect_to_receive(subscriber);
    EXPECT_EQ(ask("let go"), "loan granted");
    expect_to_receive(subscriber);
}

TEST_F(MemoryGroup_, who_dials_a_publisher_that_can_have_no_log_is_let_in_when_it_can) {
    for (const std::size_t size : {1 * MiB, 64 * KiB, 4 * KiB}) {
        const std::string some = ask(std::to_string(size));
        EXPECT_NE(some.find(" loans, then overloaded"), std::string::npos) << some;
    }
    auto subscriber = away_.subscriber<Bytes>(url_).value();
    (void)subscriber.wait_for(1, 1s);
    EXPECT_EQ(ask("publish"), "published");
    EXPECT_EQ(ask("let go"), "loan granted");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(ask("publish"), "published");
        return static_cast<bool>(subscriber.try_receive());
    })) << "it was never let in";
}

}  // namespace
}  // namespace mycelium::attack
