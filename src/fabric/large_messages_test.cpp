// Large messages, and who writes what their reader's socket does not take at once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <mycelium/mycelium.h>

#include "fabric/wrapped_streams_testing.h"

namespace mycelium {
namespace {

constexpr Duration patience = std::chrono::seconds{30};
constexpr std::size_t large = 40 * KiB;

/// What the streams of a test let pass. Changed while nobody writes.
struct Pace {
    std::string_view first_writes;  // one after the other: '+' takes, '-' nothing
    std::atomic<std::size_t> bytes_at_once{large * 2};
    std::atomic<bool> is_halting{false};  // then each second write takes nothing
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::size_t> passed{0};  // of the caller's writes
};

class PacedStream final : public testing_fabric::WrappedStream {
public:
    PacedStream(std::unique_ptr<Stream> inner, Pace* pace)
        : WrappedStream(std::move(inner)), pace_(*pace) {}
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        if (!takes()) return {.kind = Io::Kind::would_block};
        const std::span first =
            parts.front().first(std::min<std::size_t>(parts.front().size(), pace_.bytes_at_once));
        const Io io = WrappedStream::write({&first, 1});
        if (std::this_thread::get_id() == pace_.caller) pace_.passed += io.count;
        return io;
    }

private:
    bool takes() noexcept {
        if (pace_.first_writes.empty()) return has_taken_ = !has_taken_ || !pace_.is_halting;
        const bool takes = pace_.first_writes.front() == '+';
        pace_.first_writes.remove_prefix(1);
        return takes;
    }
    Pace& pace_;
    bool has_taken_ = false;
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

// The header passes; who then tries once more, and no longer, leaves the rest to the driver.
// The header passes, then nothing, twice: who tries but once more leaves the rest to the driver.
TEST_F(LargeMessages, leave_whole_within_the_call) {
    const std::size_t before = pace_.passed;
    pace_.first_writes = "-+--";
    publisher_->publish(message_).value();
    EXPECT_EQ(pace_.passed - before, header_bytes + message_.size());
    EXPECT_EQ(*subscriber_->receive_for(patience).value(), message_);
}

TEST_F(LargeMessages, hold_nobody_whose_reader_takes_a_byte_at_a_time) {
    pace_.bytes_at_once = 1;
    pace_.is_halting = true;
    std::thread reader{[&] { EXPECT_EQ(*subscriber_->receive_for(patience).value(), message_); }};
    const std::size_t before = pace_.passed;
    publisher_->publish(message_).value();
    EXPECT_LT(pace_.passed - before, message_.size());
    pace_.bytes_at_once = message_.size();
    pace_.is_halting = false;
    reader.join();
}

/// Of an answer of so many bytes, how much its giver writes itself, beside so many other
/// requesters.
std::size_t written_by_who_answers(std::size_t others) {
    Pace pace;
    NodeOptions options;
    options.name = "home";
    options.transports = {testing_fabric::unix_wrapped_in<PacedStream>(&pace)};
    Node home{options}, away{"away"};
    auto replier =
        home.replier<Bytes, Bytes>("unix://@answers-" + std::to_string(::getpid())).value();
    std::vector<Requester<Bytes, Bytes>> requesters;
    for (std::size_t i = 0; i <= others; ++i)
        requesters.push_back(away.requester<Bytes, Bytes>(replier.url()).value());
    replier.wait_for(others + 1, patience).value();
    auto call = requesters[0].begin_call(Bytes::copy_of("?"), patience).value();
    auto request = replier.receive_for(patience).value();
    const std::size_t before = pace.passed;
    pace.first_writes = "-+--";
    request.answer(Bytes::copy_of(std::vector<std::byte>(large))).value();
    const std::size_t written = pace.passed - before;
    EXPECT_EQ(call.wait().value()->size(), large);
    return written;
}

TEST(LargeAnswers, leave_whole_within_the_call_where_nobody_else_has_to_wait) {
    EXPECT_GE(written_by_who_answers(0), large);
    EXPECT_LT(written_by_who_answers(1), large);
}

}  // namespace
}  // namespace mycelium
