#include <mycelium/tlv.h>

#include <random>

#include <gtest/gtest.h>

#include "core/codec/types_for_tests.h"

namespace mycelium::tlv {
namespace {

using for_tests::bytes_of;
using for_tests::error_of;
using for_tests::hex_of;
using for_tests::Large;
using for_tests::Swap;

Error failure_of(std::span<const std::byte> payload) {
    Reader reader{payload};
    for (;;) {
        const auto next = reader.next();
        if (!next) return next.error();
        if (!*next) return {Errc::internal, "it was well-formed"};
    }
}

TEST(Tlv, trade_is_number_1_with_40_bytes_in_the_documented_places) {
    const Trade trade{1, 2, -3, 4, 5, 6, 7, 1, {}};
    const auto bytes = encode(trade).value();
    EXPECT_EQ(hex_of(bytes.span()),
              "0128"
              "0100000000000000"
              "0200000000000000"
              "fdffffffffffffff"
              "0400000000000000"
              "0500"
              "06"
              "07"
              "01"
              "000000");
    EXPECT_EQ(decode<Trade>(bytes.span()).value(), trade);
}

TEST(Tlv, members_are_packed_although_memory_is_padded) {
    const Swap swap{9, -2, true, 0x01020304};
    const auto bytes = encode(swap).value();
    EXPECT_EQ(hex_of(bytes.span()), "150e09feffffffffffffff0104030201");
    EXPECT_EQ(decode<Swap>(bytes.span()).value(), swap);
    EXPECT_NE(sizeof(Swap), codec::Packed<Swap>::size);
}

TEST(Tlv, a_value_over_255_bytes_has_an_extended_head) {
    Large large;
    large.values[99] = 0xaabbccdd;
    const auto bytes = encode(large).value();
    EXPECT_EQ(hex_of(bytes.span().first(5)), "ff00169001");
    EXPECT_EQ(bytes.size(), 405u);
    EXPECT_EQ(decode<Large>(bytes.span()).value(), large);
}

TEST(Tlv, the_first_of_its_number_is_read_and_others_may_surround_it) {
    Writer writer;
    ASSERT_TRUE(writer.add(99, bytes_of("aabb")));
    ASSERT_TRUE(writer.add(Swap{1, 2, false, 3}));
    ASSERT_TRUE(writer.add(Swap{4, 5, false, 6}));
    const auto payload = writer.take();
    EXPECT_EQ(decode<Swap>(payload).value(), (Swap{1, 2, false, 3}));
    auto cut = payload;
    cut.pop_back();
    EXPECT_EQ(error_of(decode<Swap>(cut)), Errc::malformed) << "what follows must be well-formed";
}

TEST(Tlv, an_extended_head_is_read_also_where_a_short_one_would_do) {
    auto payload = bytes_of("ff00150e00");
    const auto swap = encode(Swap{9, -2, true, 1}).value();
    payload.insert(payload.end(), swap.span().begin() + 2, swap.span().end());
    EXPECT_EQ(decode<Swap>(payload).value(), (Swap{9, -2, true, 1}));
}

TEST(Tlv, a_missing_number_a_wrong_size_and_a_bad_boolean_are_refused) {
    EXPECT_EQ(error_of(decode<Swap>({})).message(), "the message holds no TLV of number 21");
    EXPECT_EQ(error_of(decode<Swap>(bytes_of("6301aa"))).message(),
              "the message holds no TLV of number 21");
    EXPECT_EQ(error_of(decode<Swap>(bytes_of("6301aa1502aabb"))).message(),
              "TLV at byte 3: number 21 has 14 bytes of value, not 2");
    auto bytes = bytes_of("150e09feffffffffffffff0204030201");
    EXPECT_EQ(error_of(decode<Swap>(bytes)).message(),
              "member 'is_final': a boolean that is neither 0 nor 1");
}

TEST(TlvReader, refuses_every_malformed_length_with_position_and_reason) {
    const std::pair<const char*, const char*> cases[] = {
        {"01", "TLV at byte 0: its head has 2 bytes, 1 are left"},
        {"0102aa", "TLV at byte 0: its value has 2 bytes, 1 are left"},
        {"0101aa05", "TLV at byte 3: its head has 2 bytes, 1 are left"},
        {"ff", "TLV at byte 0: its head has 5 bytes, 1 are left"},
        {"ff000100", "TLV at byte 0: its head has 5 bytes, 4 are left"},
        {"ff0101000000", "TLV at byte 1: the byte after the extended marker 255 is not 0"},
        {"ff00010200aa", "TLV at byte 0: its value has 2 bytes, 1 are left"},
        {"0100ff0001ffffaa", "TLV at byte 2: its value has 65535 bytes, 1 are left"},
    };
    for (const auto& [hex, message] : cases) {
        const auto error = failure_of(bytes_of(hex));
        EXPECT_EQ(error, Errc::malformed) << hex;
        EXPECT_EQ(error.message(), message) << hex;
    }
}

TEST(TlvReader, says_the_same_again_when_asked_again) {
    const auto bytes = bytes_of("0102aa");
    Reader reader{bytes};
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.position(), 0u);
}

TEST(TlvReader, does_not_judge_types) {
    const auto bytes = bytes_of("0000ff00ff0100aa");
    Reader reader{bytes};
    const auto first = reader.next().value();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->type, 0);
    EXPECT_TRUE(first->value.empty());
    const auto second = reader.next().value();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->type, 255);
    EXPECT_TRUE(second->is_extended);
    EXPECT_EQ(second->position, 2u);
    EXPECT_EQ(hex_of(second->value), "aa");
    EXPECT_FALSE(reader.next().value());
}

TEST(TlvReader, and_writer_agree_on_random_payloads) {
    std::mt19937 random{11};
    for (int round = 0; round < 500; ++round) {
        Writer writer;
        std::vector<std::pair<std::uint8_t, std::vector<std::byte>>> added;
        for (auto n = random() % 8; n > 0; --n) {
            const std::size_t sizes[] = {0, 1, 254, 255, 256, 65'535};
            std::vector<std::byte> value(random() % 2 ? sizes[random() % 6] : random() % 300);
            for (auto& b : value) b = static_cast<std::byte>(random());
            added.emplace_back(static_cast<std::uint8_t>(random()), value);
            ASSERT_TRUE(writer.add(added.back().first, value));
        }
        const auto payload = writer.take();
        Reader reader{payload};
        for (const auto& [type, value] : added) {
            const auto next = reader.next().value();
            ASSERT_TRUE(next);
            EXPECT_EQ(next->type, type);
            EXPECT_TRUE(
                std::equal(value.begin(), value.end(), next->value.begin(), next->value.end()));
        }
        EXPECT_FALSE(reader.next().value());
    }
}

TEST(TlvReader, never_leaves_random_bytes) {
    std::mt19937 random{12};
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes(random() % 40);
        for (auto& b : bytes) b = static_cast<std::byte>(random() % 4 == 0 ? 255 : random() % 8);
        Reader reader{bytes};
        std::size_t sum = 0;
        for (auto next = reader.next(); next && *next; next = reader.next())
            sum += (*next)->value.size();
        EXPECT_LE(sum, bytes.size());
        (void)decode<Trade>(bytes);
    }
}

TEST(TlvWriter, refuses_a_value_that_no_length_can_say) {
    Writer writer;
    EXPECT_TRUE(writer.add(1, std::vector<std::byte>(value_bytes_max)));
    EXPECT_EQ(error_of(writer.add(1, std::vector<std::byte>(value_bytes_max + 1))),
              Errc::overloaded);
}

TEST(Tlv, no_more_than_tlv_count_max_stand_in_one_message) {
    Writer writer;
    for (std::size_t i = 0; i < limits::tlv_count_max; ++i) ASSERT_TRUE(writer.add(7, {}));
    EXPECT_EQ(error_of(writer.add(7, {})), Errc::overloaded);
    auto payload = writer.take();
    EXPECT_EQ(failure_of(payload), Errc::internal) << "as many as may be";
    payload.resize(payload.size() + 2);
    EXPECT_NE(failure_of(payload).message().find("more than"), std::string::npos);
}

TEST(Tlv, numbers_belong_to_domains) {
    const std::pair<int, int> domains[] = {{0, 0},  {1, 1},   {19, 1},  {20, 2}, {39, 2},
                                           {40, 3}, {59, 3},  {60, 2},  {79, 2}, {80, 0},
                                           {99, 0}, {100, 0}, {119, 0}, {255, 0}};
    for (const auto& [type, domain] : domains)
        EXPECT_EQ(domain_of(static_cast<std::uint8_t>(type)), domain) << type;
}

TEST(Tlv, schema_tells_the_number) {
    EXPECT_EQ(schema_of<Trade>().form, Form::tlv);
    EXPECT_EQ(schema_of<Trade>().tlv_type, 1);
    EXPECT_EQ(schema_of<Trade>().name, "Trade");
    const Trade trade;
    EXPECT_EQ(schema_of<Trade>().encoded_bytes_max(&trade), 42u);
}

}  // namespace
}  // namespace mycelium::tlv
