#include "core/wire/extension.h"

#include <gtest/gtest.h>

#include <mycelium/limits.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

std::vector<std::byte> encoded(const CallInfo& call) {
    std::vector<std::byte> block(extension_size(call));
    EXPECT_EQ(encode_extension(call, block), block.size());
    return block;
}

CallInfo request() {
    CallInfo call;
    call.kind = CallKind::request;
    call.id = 7;
    call.budget = std::chrono::milliseconds{200};
    call.method = "echo";
    return call;
}

std::string refusal(std::string_view hex) {
    const auto block = from_hex(hex);
    std::size_t size = 0;
    const auto call = decode_extension(block, size);
    return call ? "accepted" : call.error().message();
}

TEST(Extension, a_request_has_the_documented_bytes) {
    EXPECT_EQ(to_hex(encoded(request())),
              "1f 00 01 01 01 02 08 07 00 00 00 00 00 00 00 03 08 00 c2 eb 0b 00 00 00 00 "
              "04 04 65 63 68 6f");
}

TEST(Extension, every_kind_of_call_comes_back_as_it_was) {
    for (const CallKind kind : {CallKind::request, CallKind::answer, CallKind::error,
                                CallKind::notification, CallKind::cancel}) {
        CallInfo call = request();
        call.kind = kind;
        if (kind == CallKind::notification) call.id = 0;
        auto payload = encoded(call);
        const std::size_t block_size = payload.size();
        payload.resize(block_size + 10);
        std::size_t size = 0;
        const CallInfo again = decode_extension(payload, size).value().call;
        EXPECT_EQ(size, block_size);
        EXPECT_EQ(again.kind, call.kind);
        EXPECT_EQ(again.id, call.id);
        EXPECT_EQ(again.budget, call.budget);
        EXPECT_EQ(again.method, call.method);
    }
}

TEST(Extension, a_message_without_a_call_has_an_empty_block) {
    EXPECT_EQ(to_hex(encoded({})), "02 00");
    std::size_t size = 0;
    EXPECT_EQ(decode_extension(encoded({}), size).value().call.kind, CallKind::none);
}

TEST(Extension, the_longest_method_fits_and_a_longer_one_is_cut) {
    CallInfo call = request();
    const std::string longest(limits::method_bytes_max, 'm');
    const std::string longer = longest + "n";
    call.method = longest;
    EXPECT_LE(extension_size(call), limits::extension_bytes_max);
    call.method = longer;
    std::size_t size = 0;
    const auto block = encoded(call);
    EXPECT_EQ(decode_extension(block, size).value().call.method, longest);
}

constexpr Origin trade_origin{0x0807060504030201, 7, 1'700'000'000'000'000'000, 0};

TEST(Extension, an_origin_has_the_documented_bytes) {
    std::array<std::byte, plain_origin_bytes> block;
    encode_plain_origin(trade_origin, block);
    EXPECT_EQ(
        to_hex(block),
        "1c 00 06 18 01 02 03 04 05 06 07 08 07 00 00 00 00 00 00 00 00 00 2a 36 fe 9c 97 17");
    std::array<std::byte, plain_origin_bytes> same;
    EXPECT_EQ(encode_extension({}, trade_origin, same), same.size());
    EXPECT_EQ(to_hex(same), to_hex(block));
}

TEST(Extension, an_origin_comes_back_as_it_was_with_and_without_losses_and_calls) {
    for (const std::uint64_t lost : {std::uint64_t{0}, std::uint64_t{3}, UINT64_MAX})
        for (const CallInfo& call : {CallInfo{}, request()}) {
            Origin origin = trade_origin;
            origin.lost = lost;
            std::vector<std::byte> block(extension_size(call, origin));
            EXPECT_EQ(encode_extension(call, origin, block), block.size());
            std::size_t size = 0;
            const Extension again = decode_extension(block, size).value();
            EXPECT_EQ(size, block.size());
            EXPECT_EQ(again.origin, origin);
            EXPECT_EQ(again.call.id, call.id);
            EXPECT_EQ(again.call.method, call.method);
        }
}

TEST(Extension, too_little_room_writes_nothing) {
    std::array<std::byte, 4> room{};
    EXPECT_EQ(encode_extension(request(), room), 0u);
    EXPECT_EQ(to_hex(room), "00 00 00 00");
}

TEST(Extension, entries_of_unknown_types_are_skipped) {
    EXPECT_EQ(refusal("0f 00  63 02 aa bb  01 01 04  00 00  ff 01 07"),
              "extension block at byte 0: its size reaches past the payload");
    EXPECT_EQ(refusal("0e 00  63 02 aa bb  01 01 04  00 00  ff 01 07"), "accepted");
}

TEST(Extension, malformed_blocks_are_refused_with_position_and_reason) {
    struct Bad {
        const char* hex;
        const char* reason;
    };
    const std::vector<Bad> table{
        {"", "byte 0: the payload is too short"},
        {"02", "byte 0: the payload is too short"},
        {"00 00", "byte 0: its size counts"},
        {"01 00", "byte 0: its size counts"},
        {"03 00", "byte 0: its size reaches past"},
        {"01 04", "byte 0: its size is over extension_bytes_max"},
        {"03 00 01", "byte 2: an entry is cut off"},
        {"04 00 01 01 05", "byte 3: an entry reaches past"},
        {"05 00 01 01 00", "byte 4: a call kind is 1 to 5"},
        {"05 00 01 01 06", "byte 4: a call kind is 1 to 5"},
        {"06 00 01 02 05 05", "byte 3: a call kind has 1 byte"},
        {"05 00 02 01 05", "byte 3: a call id has 8 bytes"},
        {"05 00 03 01 05", "byte 3: a budget has 8 bytes"},
        {"0c 00 03 08 00 00 00 00 00 00 00 80", "byte 4: a budget is below"},
        {"08 00 01 01 05 01 01 05", "byte 5: an entry comes twice"},
        {"05 00 01 01 01", "byte 2: a call without an id"},
        {"05 00 06 01 01", "byte 3: an origin has 24 or 32 bytes"},
        {"1c 00 06 18 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
         "byte 4: an origin's id is not 0"},
    };
    for (const Bad& bad : table)
        EXPECT_NE(refusal(bad.hex).find(bad.reason), std::string::npos)
            << bad.hex << ": " << refusal(bad.hex);
}

TEST(Extension, a_block_of_the_largest_size_is_accepted) {
    std::vector<std::byte> payload(limits::extension_bytes_max);
    payload[0] = std::byte{0x00};
    payload[1] = std::byte{0x04};
    for (std::size_t at = 2; at < payload.size();) {
        const std::size_t length = std::min<std::size_t>(255, payload.size() - at - 2);
        payload[at] = std::byte{200};
        payload[at + 1] = static_cast<std::byte>(length);
        at += 2 + length;
    }
    std::size_t size = 0;
    EXPECT_TRUE(decode_extension(payload, size));
    EXPECT_EQ(size, limits::extension_bytes_max);
}

TEST(Extension, damaged_blocks_never_read_out_of_bounds) {
    std::mt19937 random{4};
    const auto good = encoded(request());
    for (int round = 0; round < 50000; ++round) {
        auto bytes = good;
        for (auto i = random() % 5; i > 0; --i)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random() % 40);
        const std::vector<std::byte> exact(bytes.begin(),
                                           bytes.end() - static_cast<std::ptrdiff_t>(random() % 8));
        std::size_t size = 0;
        const auto call = decode_extension(exact, size);
        if (!call) continue;
        EXPECT_LE(call->call.method.size(), exact.size());
    }
}

}  // namespace
}  // namespace mycelium::wire
