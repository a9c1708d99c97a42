#include "host/transport/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace mycelium::transport {
namespace {

constexpr std::uint64_t limit = 1 * MiB;

using Stuff = std::vector<std::byte>;

Stuff payload_of(std::uint64_t sequence, std::size_t size) {
    return Stuff(size, static_cast<std::byte>(sequence));
}

void add_frame(Stuff& stream, std::uint64_t sequence, std::size_t size, std::uint8_t flags = 0,
               bool is_checked = false, std::uint8_t domain = 0) {
    Header header;
    header.sequence = sequence;
    header.timestamp = sequence * 1000;
    header.flags = flags;
    header.source = 5;
    header.relay_domain = domain;
    const Stuff payload = payload_of(sequence, size);
    std::array<std::byte, header_bytes> head;
    wire::encode_frame(header, is_checked, payload, {}, head);
    stream.insert(stream.end(), head.begin(), head.end());
    stream.insert(stream.end(), payload.begin(), payload.end());
}

/// Gives its bytes in portions of random size.
class Portions final : public Stream {
public:
    Portions(Stuff bytes, unsigned seed) : bytes_(std::move(bytes)), random_(seed) {}
    int fd() const noexcept override { return -1; }
    Io read(std::span<std::byte> into) noexcept override {
        const std::size_t most = std::min(into.size(), bytes_.size() - at_);
        if (most == 0) return {.kind = Io::Kind::end};
        const std::size_t count = 1 + random_() % most;
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        return {.count = count};
    }
    Io write(std::span<const std::span<const std::byte>>) noexcept override { return {}; }
    void shutdown() noexcept override {}

private:
    Stuff bytes_;
    std::size_t at_ = 0;
    std::mt19937 random_;
};

class ReceiveBufferTest : public testing::Test {
protected:
    std::size_t take(const Stuff& stream, std::uint64_t first, std::size_t slots = 16) {
        buffer.preload(stream);
        return buffer.take_plain(std::span{messages}.first(slots), first);
    }
    memory::BlockPool pool;
    ReceiveBuffer buffer{pool, limit};
    std::vector<Message> messages = std::vector<Message>(16);
};

TEST_F(ReceiveBufferTest, plain_messages_in_order_are_taken_where_they_lie) {
    Stuff stream;
    for (std::uint64_t i = 7; i < 12; ++i) add_frame(stream, i, i * 3, 0, i % 2 == 0, 1);
    ASSERT_EQ(take(stream, 7), 5u);
    for (std::uint64_t i = 7; i < 12; ++i) {
        const Message& message = messages[i - 7];
        EXPECT_EQ(message.header.sequence, i);
        EXPECT_EQ(message.header.timestamp, i * 1000);
        EXPECT_EQ(message.header.source, 5);
        EXPECT_EQ(message.header.relay_domain, 1);
        EXPECT_EQ(message.header.payload_size, i * 3);
        EXPECT_TRUE(std::ranges::equal(message.payload.bytes, payload_of(i, i * 3)));
        EXPECT_FALSE(message.payload.owner);
    }
    EXPECT_TRUE(buffer.is_empty());
    EXPECT_EQ(messages[1].payload.bytes.data(),
              messages[0].payload.bytes.data() + 21 + header_bytes);
}

TEST_F(ReceiveBufferTest, no_more_are_taken_than_there_are_slots_for) {
    Stuff stream;
    for (std::uint64_t i = 1; i <= 5; ++i) add_frame(stream, i, 10);
    EXPECT_EQ(take(stream, 1, 3), 3u);
    EXPECT_EQ(buffer.take_plain(messages, 4), 2u);
    EXPECT_TRUE(buffer.is_empty());
}

TEST_F(ReceiveBufferTest, what_is_not_plain_is_left_for_next) {
    struct Case {
        const char* what;
        std::uint64_t sequence;
        std::size_t size;
        std::uint8_t flags;
    };
    for (const Case& one : {Case{"another number", 3, 10, 0}, Case{"control", 2, 10, flag_control},
                            Case{"extended", 2, 10, flag_extended},
                            Case{"lent", 2, ReceiveBuffer::lent_bytes_min, 0}}) {
        Stuff stream;
        add_frame(stream, 1, 10);
        add_frame(stream, one.sequence, one.size, one.flags);
        EXPECT_EQ(take(stream, 1), 1u) << one.what;
        const auto frame = buffer.next();
        ASSERT_TRUE(frame.ok() && *frame) << one.what;
        EXPECT_EQ((*frame)->header.sequence, one.sequence) << one.what;
        EXPECT_EQ((*frame)->payload.size(), one.size) << one.what;
    }
}

TEST_F(ReceiveBufferTest, what_is_not_sound_is_left_for_next_which_refuses_it) {
    constexpr std::size_t second = 2 * header_bytes + 10;  // its payload
    const auto refused = [&](const char* what, std::size_t at, std::byte change, bool is_checked) {
        Stuff stream;
        add_frame(stream, 1, 10);
        add_frame(stream, 2, 10, 0, is_checked);
        stream[at] ^= change;
        EXPECT_EQ(take(stream, 1), 1u) << what;
        const auto frame = buffer.next();
        EXPECT_TRUE(!frame.ok() && frame.error() == Errc::malformed) << what;
    };
    refused("magic", second - header_bytes, std::byte{1}, false);
    refused("version", second - header_bytes + 5, std::byte{2}, false);
    refused("unknown flag", second - header_bytes + 7, std::byte{0x40}, false);
    refused("a checksum of an unchecked one", second - 2, std::byte{1}, false);
    refused("damaged payload", second + 3, std::byte{1}, true);
    refused("damaged number", second - header_bytes + 20, std::byte{1}, true);
    refused("too large", second - 5, std::byte{0x7f}, false);
}

TEST_F(ReceiveBufferTest, a_message_that_is_not_whole_waits_for_the_rest) {
    Stuff stream;
    add_frame(stream, 1, 100);
    for (std::size_t size = 0; size < stream.size(); ++size)
        EXPECT_EQ(
            take(Stuff(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size)), 1), 0u);
    EXPECT_EQ(take(stream, 1), 1u);
}

TEST_F(ReceiveBufferTest, both_ways_together_find_all_messages_of_any_stream) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random{seed};
        Stuff bytes;
        std::vector<std::uint64_t> sent, received;
        for (std::uint64_t number = 1; sent.size() < 300; ++number) {
            number += random() % 20 == 0;
            const std::size_t size = random() % 30 == 0 ? random() % 200'000 : random() % 200;
            add_frame(bytes, number, size, random() % 10 == 0 ? flag_extended : 0,
                      random() % 2 == 0);
            sent.push_back(number);
        }
        Portions stream{bytes, seed};
        ReceiveBuffer fresh{pool, limit};
        const auto keep = [&](const Header& header, std::span<const std::byte> payload) {
            received.push_back(header.sequence);
            ASSERT_TRUE(std::ranges::equal(payload, payload_of(header.sequence, payload.size())));
        };
        for (std::uint64_t next = 1; fresh.fill(stream).kind == Io::Kind::done;) {
            for (bool is_drained = false; !is_drained;) {
                const std::size_t count = fresh.take_plain(messages, next);
                for (std::size_t i = 0; i < count; ++i)
                    keep(messages[i].header, messages[i].payload.bytes);
                next += count;
                const auto frame = fresh.next();
                ASSERT_TRUE(frame.ok());
                is_drained = !*frame;
                if (is_drained) break;
                keep((*frame)->header, (*frame)->payload);
                next = (*frame)->header.sequence + 1;
            }
        }
        EXPECT_EQ(received, sent) << "seed " << seed;
    }
}

}  // namespace
}  // namespace mycelium::transport
