// Attacked: the fixture of these tests: a healthy pair of ports beside which something bad happens.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "fixture.h"
#include "peer.h"
#include "support/machine.h"
#include "support/raw_peer.h"

namespace mycelium::attack {

using namespace conformance;
using namespace testing_support;
using wire::Pattern;

inline NodeOptions quiet(std::string name, std::vector<std::string>* lines = nullptr) {
    NodeOptions options;
    options.name = std::move(name);
    options.log = [lines](std::string_view line) {
        if (lines) lines->emplace_back(line);
    };
    return options;
}

inline std::string new_url(const std::string& scheme) {
    return transport_named(scheme).make_url(unique_name());
}

/// A publisher with one good subscriber. Whatever a third party does at its URL, these two go on.
class Healthy {
public:
    explicit Healthy(const std::string& scheme) : url_(new_url(scheme)) {
        publisher_.wait_for(1, patience).value();
        subscriber_.wait_for(1, patience).value();
        expect_well();  // both ends have all their descriptors now, the log's among them
    }
    const std::string& url() const { return url_; }
    Publisher<Tick>& publisher() { return publisher_; }
    /// One more message passes.
    void expect_well() {
        publisher_.publish(tick(++number_)).value();
        auto sample = subscriber_.receive_for(patience);
        ASSERT_TRUE(sample.ok()) << sample.error().to_string();
        EXPECT_EQ(**sample, tick(number_));
        EXPECT_EQ(sample->missed().count(), 0u);
    }

private:
    std::string url_;
    Node home_{quiet("home")}, away_{quiet("away")};
    Publisher<Tick> publisher_ =
        home_.publisher<Tick>(url_, {.block_max = std::chrono::milliseconds{20}}).value();
    Subscriber<Tick> subscriber_ = away_.subscriber<Tick>(url_).value();
    std::uint64_t number_ = 0;
};

class OnSockets : public testing::TestWithParam<const char*> {};

}  // namespace mycelium::attack

/// Where the peer's bytes pass through a socket.
#define MYCELIUM_ATTACK_SUITE(Suite)                                         \
    class Suite : public ::mycelium::attack::OnSockets {};                   \
    INSTANTIATE_TEST_SUITE_P(sockets, Suite, testing::Values("unix", "tcp"), \
                             [](const auto& which) { return std::string{which.param}; })

/// The same, and shared memory.
#define MYCELIUM_ATTACK_SUITE_EVERYWHERE(Suite)                                        \
    class Suite : public ::mycelium::attack::OnSockets {};                             \
    INSTANTIATE_TEST_SUITE_P(everywhere, Suite, testing::Values("unix", "tcp", "shm"), \
                             [](const auto& which) { return std::string{which.param}; })
