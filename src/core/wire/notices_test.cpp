#include "core/wire/notices.h"

#include <gtest/gtest.h>

#include <mycelium/msgpack.h>

#include <random>
#include <string>
#include <vector>

#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

/// The notice as it arrives: `payload` must outlive it.
FastMessage received(const std::vector<std::byte>& payload, std::string_view method) {
    auto message = decode_fast_message(payload).value();
    EXPECT_EQ(message.type, FastMessage::Type::notification);
    EXPECT_EQ(message.method, method);
    return message;
}

TEST(Notices, each_comes_back_as_it_was) {
    Ack ack;
    ack.delivered = UINT64_MAX;
    ack.dropped = {1, 0, 0, 2, 0, 0, 0, 70000};
    ack.finished = 70004;
    auto payload = encode_ack(ack);
    EXPECT_EQ(decode_ack(received(payload, method_ack)).value(), ack);

    Gap gap;
    gap.next_sequence = 12;
    gap.dropped.add(DropReason::queue_full, 3);
    gap.dropped.add(DropReason::too_large, 1);
    payload = encode_gap(gap);
    EXPECT_EQ(decode_gap(received(payload, method_gap)).value(), gap);

    const Start start{0x1234567890, 99};
    payload = encode_start(start);
    EXPECT_EQ(decode_start(received(payload, method_start)).value(), start);

    const PortAdded port{UINT32_MAX};
    payload = encode_port_added(port);
    EXPECT_EQ(decode_port_added(received(payload, method_port)).value(), port);

    payload = encode_bye();
    EXPECT_FALSE(received(payload, method_bye).params);
}

TEST(Notices, params_may_also_be_a_bin_with_the_map_in_it) {
    FastMessage message;
    msgpack::Builder out;
    out.map(1);
    out.string("delivered");
    out.integer(5);
    message.params = out.bytes();
    message.params_inline = false;
    EXPECT_EQ(decode_ack(message).value().delivered, 5u);
}

FastMessage with_params(std::span<const std::byte> params) {
    FastMessage message;
    message.method = "mycelium.ack";
    message.params = params;
    message.params_inline = true;
    return message;
}

TEST(Notices, unknown_keys_are_skipped_and_missing_ones_are_zero) {
    msgpack::Builder out;
    out.map(2);
    out.string("later");
    out.array(1);
    out.nil();
    out.string("delivered");
    out.integer(5);
    const auto ack = decode_ack(with_params(out.bytes())).value();
    EXPECT_EQ(ack.delivered, 5u);
    EXPECT_EQ(ack.dropped, Ack{}.dropped);
}

TEST(Notices, drops_for_an_unknown_reason_are_not_lost) {
    msgpack::Builder out;
    out.map(1);
    out.string("dropped");
    out.map(3);
    out.string("evaporated");
    out.integer(5);
    out.string("melted");
    out.integer(2);
    out.string("too_large");
    out.integer(1);
    const auto ack = decode_ack(with_params(out.bytes())).value();
    EXPECT_EQ(ack.dropped[static_cast<std::size_t>(DropReason::disconnected)], 7u);
    EXPECT_EQ(ack.dropped[static_cast<std::size_t>(DropReason::too_large)], 1u);
}

TEST(Notices, malformed_ones_are_refused_with_a_reason) {
    struct Bad {
        const char* hex;
        const char* reason;
    };
    const std::vector<Bad> table{
        {"", "mycelium.ack: byte 0: the end"},
        {"c0", "byte 0: nil"},
        {"81 01 01", "byte 1: an integer"},
        {"81 a9 64 65 6c 69 76 65 72 65 64 ff", "a negative number"},
        {"81 a9 64 65 6c 69 76 65 72 65 64", "byte 11: the end"},
        {"81 a7 64 72 6f 70 70 65 64 90", "byte 9: an array"},
        {"81 a7 64 72 6f 70 70 65 64 82 a1 61 cf ff ff ff ff ff ff ff ff a1 61 01",
         "counts that overflow"},
        {"80 80", "after the end"},
    };
    for (const Bad& bad : table) {
        const auto params = from_hex(bad.hex);
        const auto ack = decode_ack(with_params(params));
        ASSERT_FALSE(ack) << bad.hex;
        EXPECT_TRUE(ack.error() == Errc::malformed);
        EXPECT_NE(ack.error().message().find(bad.reason), std::string::npos)
            << bad.hex << ": " << ack.error().message();
    }
    EXPECT_FALSE(
        decode_port_added(with_params(from_hex("81 a4 70 6f 72 74 cf 00 00 00 01 00 00 00 00"))))
        << "a port has 32 bits";
    EXPECT_FALSE(decode_gap(FastMessage{})) << "no params at all";
}

TEST(Notices, what_is_said_about_lent_memory_survives) {
    const auto segment = encode_segment({7, 16 * MiB});
    EXPECT_EQ(decode_segment(decode_fast_message(segment).value()).value(), (Segment{7, 16 * MiB}));
    const auto unmap = encode_unmap({7});
    EXPECT_EQ(decode_unmap(decode_fast_message(unmap).value()).value(), Unmap{7});
    const auto mapped = encode_mapped({7});
    EXPECT_EQ(decode_fast_message(mapped).value().method, method_mapped);
    EXPECT_EQ(decode_mapped(decode_fast_message(mapped).value()).value(), Mapped{7});
    const auto lend = encode_lend();
    EXPECT_EQ(decode_fast_message(lend).value().method, method_lend);
}

TEST(Notices, damaged_ones_never_read_out_of_bounds) {
    std::mt19937 random{6};
    Gap gap;
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        gap.dropped.add(static_cast<DropReason>(i), i * 1000 + 1);
    const auto payload = encode_gap(gap);
    const auto message = decode_fast_message(payload).value();
    const std::vector<std::byte> good(message.params->begin(), message.params->end());
    for (int round = 0; round < 20000; ++round) {
        auto bytes = good;
        for (auto i = random() % 4 + 1; i > 0; --i)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        bytes.resize(random() % (bytes.size() + 1));
        const std::vector<std::byte> exact(bytes.begin(), bytes.end());
        const auto again = decode_gap(with_params(exact));
        EXPECT_TRUE(again || !again.error().message().empty());
    }
}

}  // namespace
}  // namespace mycelium::wire
