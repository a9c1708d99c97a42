#include "host/transport/introduction.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <mycelium/limits.h>

#include "base/copy.h"
#include "core/wire/frame.h"
#include "host/os/fd.h"

namespace mycelium::transport {
namespace {

/// Brings what it was given in pieces, and is always readable.
class ScriptedStream final : public Stream {
public:
    ScriptedStream(std::vector<std::byte> bytes, std::size_t piece)
        : fd_(os::Fd::adopt(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK))),
          bytes_(std::move(bytes)),
          piece_(piece) {}
    int fd() const noexcept override { return fd_.get(); }
    Io read(std::span<std::byte> into) noexcept override {
        const std::size_t count = std::min({into.size(), piece_, bytes_.size() - read_});
        if (count == 0) return {Io::Kind::would_block, 0, 0};
        base::copy(into.data(), bytes_.data() + read_, count);
        read_ += count;
        return {Io::Kind::done, count, 0};
    }
    Io write(std::span<const std::span<const std::byte>>) noexcept override {
        return {Io::Kind::would_block, 0, 0};
    }
    void shutdown() noexcept override {}

private:
    os::Fd fd_;
    std::vector<std::byte> bytes_;
    std::size_t piece_;
    std::size_t read_ = 0;
};

std::vector<std::byte> numbered(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
    return bytes;
}

/// A control message with this payload, and what comes behind it.
std::vector<std::byte> frame_of(std::span<const std::byte> payload,
                                std::span<const std::byte> behind = {}) {
    Header header;
    header.flags = flag_control;
    std::array<std::byte, header_bytes> head;
    wire::encode_frame(header, true, payload, {}, head);
    std::vector<std::byte> bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes.insert(bytes.end(), behind.begin(), behind.end());
    return bytes;
}

/// An accepted stream until its first message is there, or it has failed.
class Accepted {
public:
    Accepted(std::vector<std::byte> bytes, std::size_t piece)
        : introducing_(
              *reactor_, std::make_unique<ScriptedStream>(std::move(bytes), piece),
              {.connected = [] {},
               .first_message = [this] { reactor_->stop(); },
               .failed = [this](const Error& error) { failure = error, reactor_->stop(); }}) {
        introducing_.begin(false).value();
        reactor_->run();
    }
    Introducing& operator*() noexcept { return introducing_; }
    Introducing* operator->() noexcept { return &introducing_; }
    std::optional<Error> failure;

private:
    std::unique_ptr<os::Reactor> reactor_ = os::Reactor::create().value();
    Introducing introducing_;
};

bool equal(std::span<const std::byte> one, std::span<const std::byte> other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

TEST(Introducing, a_first_message_of_any_size_is_whole_in_whatever_pieces_it_comes) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{300}, std::size_t{5'000},
                                   limits::receive_bytes - header_bytes}) {
        for (const std::size_t piece : {std::size_t{1'000}, std::size_t{1} << 20}) {
            SCOPED_TRACE(std::to_string(size) + " in pieces of " + std::to_string(piece));
            const auto payload = numbered(size);
            Accepted accepted{frame_of(payload), piece};
            ASSERT_FALSE(accepted.failure);
            EXPECT_TRUE(accepted->first().is_whole);
            EXPECT_TRUE(equal(accepted->first().payload, payload));
            EXPECT_TRUE(accepted->take_received(false).empty());
        }
    }
}

TEST(Introducing, of_a_first_message_beyond_receive_bytes_its_beginning_is_there) {
    const auto payload = numbered(limits::receive_bytes);
    Accepted accepted{frame_of(payload), 4096};
    ASSERT_FALSE(accepted.failure);
    EXPECT_FALSE(accepted->first().is_whole);
    EXPECT_EQ(accepted->first().size, payload.size() + header_bytes);
    EXPECT_TRUE(equal(accepted->first().payload,
                      std::span{payload}.first(limits::receive_bytes - header_bytes)));
    EXPECT_EQ(accepted->take_received(true).size(), limits::receive_bytes);
}

TEST(Introducing, what_follows_the_first_message_is_kept_without_room_for_more) {
    // A link keeps it for as long as it lives: thousands of links would keep 64 KiB each.
    const auto behind = numbered(100);
    Accepted accepted{frame_of(numbered(300), behind), 1 << 20};
    ASSERT_FALSE(accepted.failure);
    const std::vector<std::byte> kept = accepted->take_received(false);
    EXPECT_TRUE(equal(kept, behind));
    EXPECT_EQ(kept.capacity(), behind.size());
}

TEST(Introducing, nobody_is_given_more_room_than_what_came_asks_for) {
    Accepted accepted{frame_of(numbered(300)), 1 << 20};
    ASSERT_FALSE(accepted.failure);
    EXPECT_LE(accepted->take_received(true).capacity(), 4 * KiB);
}

}  // namespace
}  // namespace mycelium::transport
