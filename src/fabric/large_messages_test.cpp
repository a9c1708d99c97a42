// Messages that are larger than a socket's buffer, and who writes their rest.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <mycelium/mycelium.h>

#include "fabric/wrapped_streams_testing.h"

namespace mycelium {
namespace {

constexpr Duration patience = std::chrono::seconds{30};
constexpr std::size_t large = 1 * MiB;

/// What the streams of a test let pass.
struct Pace {
    std::atomic<std::size_t> bytes_at_once{large * 2};
    std::atomic<bool> is_halting{false};  // each second write takes nothing
    std::atomic<std::size_t> passed{0};
};

class PacedStream final : public testing_fabric::WrappedStream {
public:
    PacedStream(std::unique_ptr<Stream> inner, Pace* pace)
        : WrappedStream(std::move(inner)), pace_(*pace) {}
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        takes_ = !takes_ || !pace_.is_halting;
        if (!takes_) return {.kind = Io::Kind::would_block};
        const std::span first =
            parts.front().first(std::min<std::size_t>(parts.front().size(), pace_.bytes_at_once));
        const Io io = WrappedStream::write({&first, 1});
        pace_.passed += io.count;
        return io;
    }

private:
    Pace& pace_;
    bool takes_ = false;
};

class LargeMessages : public testing::Test {
protected:
    LargeMessages() {
        NodeOptions options;
        options.name = "home";
        options.transports = {testing_fabric::unix_wrapped_in<PacedStream>(&pace_)};
        home_.emplace(options);
        publisher_.emplace(
            home_->publisher<Bytes>("unix://@large-" + std::to_string(::getpid())).value());
        subscriber_.emplace(away_.subscriber<Bytes>(publisher_->url()).value());
        publisher_->wait_for(1, patience).value();
    }

    Pace pace_;
    std::optional<Node> home_;
    Node away_{"away"};
    std::optional<Publisher<Bytes>> publisher_;
    std::optional<Subscriber<Bytes>> subscriber_;
    const Bytes message_ = Bytes::copy_of(std::vector<std::byte>(large, std::byte{'x'}));
};

// The header passes, the rest is refused once: one yield is enough, however long it takes.
TEST_F(LargeMessages, leave_whole_within_the_call) {
    const auto message = Bytes::copy_of(std::vector<std::byte>(40 * KiB, std::byte{'x'}));
    pace_.is_halting = true;
    const std::size_t before = pace_.passed;
    publisher_->publish(message).value();
    EXPECT_EQ(pace_.passed - before, header_bytes + message.size());
    EXPECT_EQ(*subscriber_->receive_for(patience).value(), message);
}

TEST_F(LargeMessages, wait_for_nobody_where_there_are_several_readers) {
    auto other = away_.subscriber<Bytes>(publisher_->url()).value();
    publisher_->wait_for(2, patience).value();
    pace_.bytes_at_once = 1 * KiB;
    pace_.is_halting = true;
    const std::size_t before = pace_.passed;
    publisher_->publish(message_).value();
    EXPECT_LT(pace_.passed - before, large) << "half of what both get";
    pace_.bytes_at_once = large;
    pace_.is_halting = false;
    EXPECT_EQ(*subscriber_->receive_for(patience).value(), message_);
    EXPECT_EQ(*other.receive_for(patience).value(), message_);
}

TEST_F(LargeMessages, hold_nobody_whose_reader_takes_a_byte_at_a_time) {
    pace_.bytes_at_once = 1;
    pace_.is_halting = true;
    std::thread reader{[&] { EXPECT_EQ(*subscriber_->receive_for(patience).value(), message_); }};
    const std::size_t before = pace_.passed;
    publisher_->publish(message_).value();
    EXPECT_LT(pace_.passed - before, large);
    pace_.bytes_at_once = large;
    pace_.is_halting = false;
    reader.join();
}

}  // namespace
}  // namespace mycelium
