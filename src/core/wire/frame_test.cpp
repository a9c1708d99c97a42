#include "core/wire/frame.h"

#include <gtest/gtest.h>

#include <mycelium/limits.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/wire/header.h"
#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

constexpr std::uint64_t max = 1000;

std::vector<std::byte> frame_of(Header header, std::string_view payload, bool is_checked) {
    std::vector<std::byte> bytes(header_bytes);
    const auto content = bytes_of(payload);
    encode_frame(header, is_checked, content, {}, std::span{bytes}.first<header_bytes>());
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

/// A header alone, claiming a payload of that size.
std::vector<std::byte> claim_of(std::uint8_t flags, std::uint64_t payload_size) {
    Header header;
    header.flags = flags;
    header.payload_size = static_cast<std::uint32_t>(payload_size);
    std::vector<std::byte> bytes(header_bytes);
    encode_header(header, std::span{bytes}.first<header_bytes>());
    return bytes;
}

std::string refusal(const std::vector<std::byte>& bytes, std::uint64_t message_bytes_max = max) {
    FrameReader reader{message_bytes_max};
    std::span<const std::byte> received{bytes};
    const auto frame = reader.next(received);
    return frame ? "accepted" : frame.error().to_string();
}

TEST(Frame, a_message_is_seen_in_place_without_a_copy) {
    const auto bytes = frame_of({}, "hello", true);
    FrameReader reader{max};
    std::span<const std::byte> received{bytes};
    const auto frame = reader.next(received).value();
    ASSERT_TRUE(frame);
    EXPECT_EQ(text_of(frame->payload), "hello");
    EXPECT_EQ(frame->payload.data(), bytes.data() + header_bytes);
    EXPECT_TRUE(received.empty());
    EXPECT_EQ(reader.position(), bytes.size());
}

TEST(Frame, every_shorter_prefix_waits_for_more) {
    const auto bytes = frame_of({}, "hello", true);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        FrameReader reader{max};
        std::span<const std::byte> received{bytes.data(), size};
        const auto frame = reader.next(received);
        ASSERT_TRUE(frame);
        EXPECT_FALSE(*frame);
        EXPECT_EQ(received.size(), size) << "nothing is taken";
        EXPECT_EQ(reader.wanted(), size < header_bytes ? header_bytes : bytes.size());
    }
}

TEST(Frame, a_stream_cut_anywhere_gives_the_same_messages) {
    std::mt19937 random{2};
    std::vector<std::byte> stream;
    std::vector<std::string> sent;
    for (int i = 0; i < 200; ++i) {
        sent.emplace_back(random() % 100, static_cast<char>('a' + i % 26));
        const auto bytes = frame_of({}, sent.back(), i % 2 == 0);
        stream.insert(stream.end(), bytes.begin(), bytes.end());
    }
    FrameReader reader{max};
    std::vector<std::byte> buffer;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size();) {
        const std::size_t size = std::min<std::size_t>(random() % 300, stream.size() - at);
        buffer.insert(buffer.end(), stream.begin() + static_cast<std::ptrdiff_t>(at),
                      stream.begin() + static_cast<std::ptrdiff_t>(at + size));
        at += size;
        std::span<const std::byte> received{buffer};
        for (;;) {
            const auto frame = reader.next(received).value();
            if (!frame) break;
            got.emplace_back(text_of(frame->payload));
        }
        buffer = {received.begin(), received.end()};
    }
    EXPECT_EQ(got, sent);
    EXPECT_EQ(reader.position(), stream.size());
}

TEST(Frame, a_flipped_bit_anywhere_in_a_checked_message_is_noticed) {
    const auto bytes = frame_of({}, "hello", true);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto damaged = bytes;
        damaged[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        FrameReader reader{max};
        std::span<const std::byte> received{damaged};
        const auto frame = reader.next(received);
        EXPECT_FALSE(frame && *frame) << "bit " << bit;
    }
}

TEST(Frame, a_payload_checked_piece_by_piece_is_judged_as_the_whole) {
    std::vector<std::byte> payload(1000);
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i * 7);
    Header header;
    std::array<std::byte, header_bytes> head{};
    encode_frame(header, true, payload, {}, head);
    for (const std::size_t piece : {1u, 7u, 64u, 999u, 1000u}) {
        for (const bool is_damaged : {false, true}) {
            payload[500] ^= static_cast<std::byte>(is_damaged ? 1 : 0);
            FrameCheck check{head};
            for (std::size_t at = 0; at < payload.size(); at += piece)
                check.add(std::span{payload}.subspan(at, std::min(piece, payload.size() - at)));
            EXPECT_EQ(check.finish().ok(), !is_damaged) << piece;
            EXPECT_EQ(verify_frame(head, payload).ok(), !is_damaged);
            payload[500] ^= static_cast<std::byte>(is_damaged ? 1 : 0);
        }
    }
}

TEST(Frame, an_unchecked_message_carries_the_flag_and_no_checksum) {
    Header header;
    std::vector<std::byte> bytes(header_bytes);
    encode_frame(header, false, bytes_of("x"), {}, std::span{bytes}.first<header_bytes>());
    EXPECT_EQ(header.flags, flag_unchecked);
    EXPECT_EQ(header.checksum, 0u);
    EXPECT_EQ(header.payload_size, 1u);
}

TEST(Frame, a_checked_message_loses_the_flag_it_may_have_had) {
    Header header;
    header.flags = flag_unchecked | flag_control;
    std::vector<std::byte> bytes(header_bytes);
    encode_frame(header, true, bytes_of("a"), bytes_of("b"),
                 std::span{bytes}.first<header_bytes>());
    EXPECT_EQ(header.flags, flag_control);
    EXPECT_TRUE(
        verify_frame(std::span{std::as_const(bytes)}.first<header_bytes>(), bytes_of("ab")));
}

TEST(Frame, an_unchecked_message_with_a_checksum_is_refused) {
    auto bytes = frame_of({}, "hello", false);
    bytes[28] = std::byte{1};
    EXPECT_EQ(refusal(bytes),
              "malformed: message at byte 0 of the stream: checksum at byte 28 of an unchecked "
              "message is not 0");
}

TEST(Frame, a_refusal_names_the_place_in_the_stream_and_is_repeated) {
    auto bytes = frame_of({}, "hello", true);
    auto second = frame_of({}, "world", true);
    second.back() ^= std::byte{1};
    bytes.insert(bytes.end(), second.begin(), second.end());
    FrameReader reader{max};
    std::span<const std::byte> received{bytes};
    EXPECT_TRUE(reader.next(received).value());
    const auto damaged = reader.next(received);
    ASSERT_FALSE(damaged);
    EXPECT_NE(damaged.error().message().find("message at byte 37 of the stream: checksum"),
              std::string::npos);
    const auto good = frame_of({}, "hello", true);
    std::span<const std::byte> later{good};
    EXPECT_FALSE(reader.next(later)) << "the stream has ended";
}

TEST(Frame, other_protocols_are_refused_at_their_first_header) {
    EXPECT_NE(refusal(bytes_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")).find("magic"),
              std::string::npos);
}

TEST(Frame, a_payload_of_exactly_the_limit_is_awaited_and_one_more_byte_refused) {
    EXPECT_EQ(refusal(claim_of(flag_unchecked, max)), "accepted");
    EXPECT_NE(refusal(claim_of(flag_unchecked, max + 1)).find("over message_bytes_max, here 1000"),
              std::string::npos);
}

TEST(Frame, an_extended_message_may_be_larger_by_its_block) {
    const auto most = max + limits::extension_bytes_max;
    EXPECT_EQ(refusal(claim_of(flag_extended | flag_unchecked, most)), "accepted");
    EXPECT_NE(refusal(claim_of(flag_extended | flag_unchecked, most + 1)), "accepted");
}

TEST(Frame, a_control_message_may_always_have_control_bytes_max) {
    const auto most = limits::control_bytes_max;
    EXPECT_EQ(refusal(claim_of(flag_control | flag_unchecked, most)), "accepted");
    EXPECT_NE(refusal(claim_of(flag_control | flag_unchecked, most + 1)), "accepted");
}

TEST(Frame, no_limit_goes_beyond_the_ceiling) {
    const auto ceiling = limits::message_bytes_ceiling;
    for (const std::uint8_t flags : {flag_unchecked, flag_extended, flag_control}) {
        EXPECT_EQ(refusal(claim_of(flags, ceiling), UINT64_MAX), "accepted");
        EXPECT_NE(refusal(claim_of(flags, ceiling + 1), UINT64_MAX), "accepted");
    }
}

TEST(Frame, domain_messages_and_checked_media_want_a_checksum) {
    Header plain;
    Header trade;
    trade.relay_domain = 1;
    EXPECT_FALSE(must_check(plain, false));
    EXPECT_TRUE(must_check(plain, true));
    EXPECT_TRUE(must_check(trade, false));
}

TEST(Frame, random_bytes_behind_a_good_magic_never_read_out_of_bounds) {
    std::mt19937 random{3};
    for (int round = 0; round < 20000; ++round) {
        auto bytes = frame_of({}, std::string(random() % 64, 'x'), round % 2 == 0);
        for (auto i = random() % 4; i > 0; --i)
            bytes[4 + random() % (bytes.size() - 4)] = static_cast<std::byte>(random());
        bytes.resize(random() % (bytes.size() + 1));
        // A heap block of exactly this size, so that the sanitizer sees the first byte too many.
        const std::vector<std::byte> exact(bytes.begin(), bytes.end());
        FrameReader reader{max};
        std::span<const std::byte> received{exact};
        const auto frame = reader.next(received);
        if (!frame || !*frame) continue;
        EXPECT_LE((*frame)->payload.size() + header_bytes, exact.size());
    }
}

}  // namespace
}  // namespace mycelium::wire
