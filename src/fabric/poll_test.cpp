// Handing several messages to one handler: what is counted, and when.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

constexpr Duration patience = std::chrono::seconds{30};

struct Number {
    std::uint64_t value = 0;
};
MYCELIUM_FLAT(Number, value);

struct Enough : std::runtime_error {
    Enough() : std::runtime_error("enough") {}
};

/// Within the patience of a test.
bool is_readable(int fd) {
    pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, 30'000) == 1;
}

class Poll : public testing::TestWithParam<const char*> {
protected:
    Poll() {
        const std::string name = "poll/" + std::to_string(::getpid());
        const std::string scheme = GetParam();
        std::string url = scheme + "://" + name;
        if (scheme == "unix") url = "unix://@" + name;
        if (scheme == "tcp") url = "tcp://127.0.0.1:0";
        publisher_.emplace(home_.publisher<Number>(url).value());
        subscriber_.emplace(away_.subscriber<Number>(publisher_->url()).value());
        publisher_->wait_for(1, patience).value();
    }
    void publish(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i <= last; ++i) publisher_->publish(Number{i}).value();
        publisher_->flush();
    }
    /// Until so many have come in all.
    void poll_up_to(std::size_t count) {
        while (seen_.size() < count)
            subscriber_->poll_until(after(patience), keep_, count - seen_.size()).value();
    }
    std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) const {
        std::vector<std::uint64_t> all;
        for (std::uint64_t i = first; i <= last; ++i) all.push_back(i);
        return all;
    }
    void expect_balanced() {
        EXPECT_TRUE(publisher_->drain(patience).ok());
        EXPECT_TRUE(publisher_->counters().is_balanced());
        EXPECT_EQ(publisher_->counters().delivered, subscriber_->counters().delivered);
    }

    Node home_{"home"}, away_{"away"};
    std::optional<Publisher<Number>> publisher_;
    std::optional<Subscriber<Number>> subscriber_;
    std::vector<std::uint64_t> seen_;
    std::function<void(const Sample<Number>&)> keep_ = [this](const Sample<Number>& sample) {
        seen_.push_back(sample->value);
    };
};

TEST_P(Poll, hands_over_everything_once_and_in_order) {
    publish(1, 300);
    poll_up_to(300);
    EXPECT_EQ(seen_, numbers(1, 300));
    EXPECT_EQ(subscriber_->poll(keep_), 0u);
    EXPECT_EQ(subscriber_->counters().delivered, 300u);
    expect_balanced();
}

TEST_P(Poll, hands_over_no_more_than_the_limit_and_leaves_the_rest) {
    publish(1, 10);
    poll_up_to(4);
    EXPECT_EQ(subscriber_->counters().delivered, 4u);
    EXPECT_EQ((*subscriber_->receive_for(patience).value()).value, 5u);
    seen_.push_back(5);
    poll_up_to(10);
    EXPECT_EQ(seen_, numbers(1, 10));
    expect_balanced();
}

TEST_P(Poll, what_a_handler_throws_passes_through_and_what_it_was_not_given_is_still_there) {
    publish(1, 10);
    const auto throwing = [this](const Sample<Number>& sample) {
        keep_(sample);
        if (sample->value == 3) throw Enough{};
    };
    EXPECT_THROW(
        {
            while (seen_.size() < 10) subscriber_->poll_until(after(patience), throwing).value();
        },
        Enough);
    EXPECT_EQ(seen_, numbers(1, 3));
    EXPECT_EQ(subscriber_->counters().delivered, 3u);
    poll_up_to(10);
    EXPECT_EQ(seen_, numbers(1, 10));
    expect_balanced();
}

TEST_P(Poll, a_handler_may_receive_itself) {
    publish(1, 20);
    const auto greedy = [this](const Sample<Number>& sample) {
        keep_(sample);
        if (sample->value % 5 != 0) return;
        if (const auto next = subscriber_->try_receive()) keep_(*next);
        if (sample->value == 10) subscriber_->poll(keep_, 3);
    };
    while (seen_.size() < 20) subscriber_->poll_until(after(patience), greedy).value();
    EXPECT_EQ(seen_, numbers(1, 20));
    expect_balanced();
}

TEST_P(Poll, waits_for_the_first_no_longer_than_it_may) {
    const auto nothing = subscriber_->poll_until(after(std::chrono::milliseconds{1}), keep_);
    ASSERT_FALSE(nothing.ok());
    EXPECT_EQ(nothing.error(), Errc::timeout);
    EXPECT_EQ(subscriber_->poll_until(after(patience), keep_, 0).value(), 0u);
}

TEST_P(Poll, its_descriptor_is_readable_as_long_as_there_is_more) {
    const int fd = subscriber_->fd();
    ASSERT_GE(fd, 0);
    publish(1, 100);
    while (seen_.size() < 100) {
        ASSERT_TRUE(is_readable(fd)) << seen_.size();
        subscriber_->poll(keep_, 7);
    }
    EXPECT_EQ(seen_, numbers(1, 100));
}

INSTANTIATE_TEST_SUITE_P(Over, Poll, testing::Values("inproc", "shm", "unix", "tcp"),
                         [](const auto& what) { return std::string{what.param}; });

}  // namespace
}  // namespace mycelium
