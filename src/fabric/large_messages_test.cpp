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

TEST_F(LargeMessages, leave_whole_within_the_call_while_their_reader_takes_them) {
    pace_.bytes_at_once = 64 * KiB;
    pace_.is_halting = true;
    std::atomic<bool> is_done{false};
    std::thread reader{[&] {
        while (!is_done) (void)subscriber_->receive_for(std::chrono::milliseconds{10});
    }};
    // A caller that others keep from the processor leaves the rest to the driver.
    bool was_whole = false;
    for (int i = 0; i < 1'000 && !was_whole; ++i) {
        const std::size_t before = pace_.passed;
        publisher_->publish(message_).value();
        was_whole = pace_.passed - before == header_bytes + large;
        publisher_->drain(patience).value();
    }
    is_done = true;
    reader.join();
    EXPECT_TRUE(was_whole);
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
