// Publishers that are gone before a relay has taken what they left.
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

using tlv::Trade;

constexpr Duration patience = std::chrono::seconds{30};

class Departed : public testing::TestWithParam<const char*> {};

TEST_P(Departed, what_a_publisher_left_behind_still_says_whose_it_is) {
    const std::string scheme = GetParam();
    const std::string place = "departed/" + std::to_string(::getpid()) + "/" + scheme;
    Node node{"relay"};
    RelayOptions options;
    options.domain = 1;
    options.in = scheme == "tcp"    ? "tcp://127.0.0.1:0"
                 : scheme == "unix" ? "unix://@" + place
                                    : scheme + "://" + place;
    options.out = "unix://@" + place + "/out";
    Relay relay = Relay::create(node, options).value();
    Node here{"here"};
    auto trades = here.subscriber<Trade>(relay.out().front()).value();
    trades.wait_for(1, patience).value();
    ASSERT_TRUE(relay.manage({"pause", {}}).ok());
    std::thread running{[&] { EXPECT_TRUE(relay.run().ok()); }};
    constexpr std::uint64_t publishers = 3, messages = 5;
    for (std::uint64_t p = 1; p <= publishers; ++p) {
        Node there{"there" + std::to_string(p)};
        PublisherOptions leaving;
        leaving.role = Role::connect;
        leaving.linger = {};
        auto published = there.publisher<Trade>(relay.in().front(), leaving).value();
        published.wait_for(1, patience).value();
        for (std::uint64_t i = 1; i <= messages; ++i)
            published.publish(Trade{.asset_id = p}).value();
    }
    ASSERT_TRUE(relay.manage({"resume", {}}).ok());
    std::set<std::pair<std::uint64_t, std::uint64_t>> who;
    for (std::uint64_t i = 0; i < publishers * messages; ++i) {
        const auto sample = trades.receive_for(patience).value();
        ASSERT_TRUE(sample.origin());
        who.emplace(sample->asset_id, sample.origin()->id);
    }
    EXPECT_EQ(who.size(), publishers);
    relay.stop();
    running.join();
    const RelayReport report = relay.report();
    ASSERT_EQ(report.sources.size(), publishers);
    for (const RelaySource& source : report.sources) {
        EXPECT_EQ(source.name.substr(0, 5), "there");
        EXPECT_EQ(source.forwarded, messages);
        EXPECT_NE(source.id, 0u);
    }
}

INSTANTIATE_TEST_SUITE_P(Over, Departed, testing::Values("shm", "unix", "tcp"),
                         [](const auto& what) { return std::string{what.param}; });

}  // namespace
}  // namespace mycelium
