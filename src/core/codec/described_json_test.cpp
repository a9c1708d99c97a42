// Values of described types as JSON and back.
#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/codec/description.h"
#include "core/codec/types_for_tests.h"

namespace mycelium {
namespace {

using for_tests::bytes_of;
using for_tests::error_of;
using for_tests::hex_of;
using for_tests::Kinds;
using for_tests::Order;
using for_tests::Terms;
using nlohmann::json;

TEST(DescribedJson, of_fields_is_keyed_by_name) {
    const Order order{"BTC \"perp\"", -70'000, std::make_shared<const Terms>(Terms{3, "Kiel"})};
    const auto text = to_json(order).value();
    EXPECT_EQ(text,
              R"({"symbol":"BTC \"perp\"","quantity":-70000,"terms":{"days":3,"place":"Kiel"}})");
    const auto back = from_json<Order>(text).value();
    EXPECT_EQ(back.symbol, order.symbol);
    EXPECT_EQ(back.quantity, order.quantity);
    EXPECT_EQ(*back.terms, *order.terms);
}

TEST(DescribedJson, of_flat_and_tlv_is_keyed_by_name) {
    EXPECT_EQ(to_json(for_tests::Reading{18446744073709551615u, 21.5}).value(),
              R"({"sequence":18446744073709551615,"celsius":21.5})");
    const tlv::Trade trade{1, -2, 3, UINT64_MAX, 5, 6, 7, 1, {1, 2, 3}};
    const auto text = to_json(trade).value();
    EXPECT_EQ(
        text,
        R"({"asset_id":1,"price":-2,"volume":3,"exchange_time":18446744073709551615,"venue":5,)"
        R"("asset_type":6,"reserved":7,"side":1,"padding":[1,2,3]})");
    EXPECT_EQ(from_json<tlv::Trade>(text).value(), trade);
    const for_tests::Swap swap{9, INT64_MIN, true, 4};
    EXPECT_EQ(from_json<for_tests::Swap>(to_json(swap).value()).value(), swap);
}

TEST(DescribedJson, of_flat_writes_bytes_as_base64_and_characters_as_text) {
    for_tests::Everything value;
    std::memcpy(value.symbol, "BTC", 3);
    value.id = {std::byte{255}};
    value.last = std::byte{200};
    value.flag = true;
    value.side = for_tests::Side::sell;
    value.nested[1].celsius = 0.1;
    value.f = 0.1f;
    const auto text = to_json(value).value();
    const auto parsed = json::parse(text);
    EXPECT_EQ(parsed["symbol"], "BTC");
    EXPECT_EQ(parsed["id"], "/wAAAAAA");
    EXPECT_EQ(parsed["last"], 200);
    EXPECT_EQ(parsed["flag"], true);
    EXPECT_EQ(parsed["side"], 1);
    EXPECT_EQ(parsed["nested"][1]["celsius"], 0.1);
    EXPECT_NE(text.find("\"f\":0.1,"), std::string::npos)
        << "a float is as short as a float can be";
    const auto back = from_json<for_tests::Everything>(text).value();
    EXPECT_EQ(std::memcmp(&back, &value, sizeof value), 0);
}

TEST(DescribedJson, of_every_kind_comes_back) {
    Kinds value;
    value.i64 = INT64_MIN;
    value.u64 = UINT64_MAX;
    value.f64 = 1e-300;
    value.bytes = Bytes::copy_of("bytes");
    value.more_bytes = {std::byte{0}};
    value.list = {"a", "\u20ac"};
    value.flags = {true, false};
    value.id = {std::byte{1}};
    value.by_name = {{"x", {1, 2}}};
    value.by_number = {{-7, 0.5}};
    value.gaps = {1, std::nullopt};
    value.children = {std::make_shared<Kinds>(), nullptr};
    const auto text = to_json(value);
    ASSERT_TRUE(text) << text.error().to_string();
    const auto back = from_json<Kinds>(*text);
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(encode(*back).value(), encode(value).value());
    const auto parsed = json::parse(*text);
    EXPECT_EQ(parsed["by_number"]["-7"], 0.5);
    EXPECT_EQ(parsed["gaps"], json::parse("[1,null]"));
    EXPECT_EQ(parsed["bytes"], "Ynl0ZXM=");
    EXPECT_FALSE(parsed.contains("maybe")) << "absent members are left out";
}

TEST(DescribedJson, unknown_names_are_skipped_and_missing_or_null_ones_keep_the_default) {
    const auto terms = from_json<Terms>(R"({"unknown":[{"x":1}],"days":null})").value();
    EXPECT_EQ(terms.days, 30u);
    EXPECT_EQ(from_json<for_tests::Reading>(R"({"celsius":2})").value(),
              (for_tests::Reading{0, 2}));
}

TEST(DescribedJson, unknown_numbers_are_skipped) {
    EXPECT_EQ(codec::json_from_bytes(schema_of<Terms>().description, bytes_of("820105 5f9201a178"))
                  .value(),
              R"({"days":5})");
}

TEST(DescribedJson, numbers_out_of_range_and_values_of_another_kind_name_their_member) {
    const auto why = [](const char* text) { return error_of(from_json<Kinds>(text)).message(); };
    EXPECT_EQ(why(R"({"i8":128})"), "'i8': 128 is no i8");
    EXPECT_EQ(why(R"({"i8":-129})"), "'i8': -129 is no i8");
    EXPECT_EQ(why(R"({"u8":-1})"), "'u8': -1 is no u8");
    EXPECT_EQ(why(R"({"u8":256})"), "'u8': 256 is no u8");
    EXPECT_EQ(why(R"({"u64":-1})"), "'u64': -1 is no u64");
    EXPECT_EQ(why(R"({"i64":9223372036854775808})"), "'i64': 9223372036854775808 is no i64");
    EXPECT_EQ(why(R"({"i32":1.0})"), "'i32': a real number where an integer is expected");
    EXPECT_EQ(why(R"({"f32":1e39})"), "'f32': 1e+39 is no f32");
    EXPECT_EQ(why(R"({"flag":1})"), "'flag': an integer where a boolean is expected");
    EXPECT_EQ(why(R"({"text":1})"), "'text': an integer where a string is expected");
    EXPECT_EQ(why(R"({"list":["a",{}]})"), "'list': [1]: an object where a string is expected");
    EXPECT_EQ(why(R"({"three":[1,2]})"), "'three': an array where an array of 3 is expected");
    EXPECT_EQ(why(R"({"id":"AA=="})"), "'id': 1 bytes of base64 where 4 are expected");
    EXPECT_EQ(why(R"({"bytes":"A"})"),
              "'bytes': base64, character 1: the length is no multiple of four");
    EXPECT_EQ(why(R"({"nested":{"days":"x"}})"),
              "'nested': 'days': a string where an integer is expected");
    EXPECT_EQ(why(R"({"by_number":{"x":1}})"),
              "'by_number': 'x': JSON, byte 0: a value is expected");
    EXPECT_EQ(why(R"({"by_number":{"3000000000":1}})"),
              "'by_number': '3000000000': 3000000000 is no i32");
    EXPECT_EQ(why("[]"), "an array where an object is expected");
    EXPECT_EQ(error_of(from_json<for_tests::Everything>(R"({"symbol":"123456789"})")).message(),
              "'symbol': a string of more than 8 bytes");
    EXPECT_EQ(error_of(from_json<Terms>(R"({"days":1,"days":2})")), Errc::malformed);
}

TEST(DescribedJson, refuses_nan_bad_text_and_bad_bytes) {
    Kinds value;
    value.f64 = NAN;
    EXPECT_EQ(error_of(to_json(value)), Errc::unsupported);
    value = Kinds{};
    value.text = "\xff";
    EXPECT_EQ(error_of(to_json(value)), Errc::unsupported);
    const auto description = schema_of<Terms>().description;
    EXPECT_EQ(error_of(codec::json_from_bytes(description, bytes_of("8101a178"))).message(),
              "byte 2: a string where an integer is expected (field 1 'days')");
    EXPECT_EQ(error_of(codec::json_from_bytes(description, bytes_of("8201010102"))).message(),
              "byte 4: a field stands twice (field 1 'days')");
    EXPECT_EQ(error_of(codec::json_from_bytes(description, bytes_of("8000"))), Errc::malformed);
    EXPECT_EQ(error_of(codec::json_from_bytes(schema_of<for_tests::Reading>().description,
                                              bytes_of("00"))),
              Errc::malformed);
    EXPECT_EQ(
        error_of(codec::json_from_bytes(schema_of<tlv::Trade>().description, bytes_of("0200"))),
        Errc::malformed);
    EXPECT_EQ(error_of(codec::json_from_bytes(schema_of<for_tests::Swap>().description,
                                              bytes_of("150e09feffffffffffffff0204030201"))),
              Errc::malformed);
    EXPECT_EQ(error_of(codec::json_from_bytes("fields A\n1 m {string:u8}\n",
                                              bytes_of("810182a16101a16102"))),
              Errc::malformed);
}

TEST(DescribedJson, without_a_description_is_base64) {
    EXPECT_EQ(codec::json_from_bytes({}, bytes_of("ff")).value(), "\"/w==\"");
    EXPECT_EQ(hex_of(codec::bytes_from_json({}, "\"/w==\"").value()), "ff");
    EXPECT_EQ(error_of(codec::bytes_from_json({}, "1")), Errc::malformed);
    EXPECT_EQ(to_json(Bytes::copy_of("x")).value(), "\"eA==\"");
    EXPECT_EQ(from_json<Bytes>("\"eA==\"").value(), Bytes::copy_of("x"));
}

TEST(DescribedJson, a_recursive_description_is_bounded_by_depth) {
    const char* const tree = "fields T\n1 c []#0\n";
    const auto nested = [](std::size_t levels) {
        std::vector<std::byte> bytes;
        for (std::size_t i = 0; i < levels; ++i) {
            bytes.push_back(std::byte{0x81});
            bytes.push_back(std::byte{1});
            bytes.push_back(std::byte{0x91});
        }
        bytes.push_back(std::byte{0x80});
        return bytes;
    };
    EXPECT_TRUE(codec::json_from_bytes(tree, nested(31)));
    EXPECT_EQ(error_of(codec::json_from_bytes(tree, nested(32))), Errc::malformed);
    EXPECT_EQ(error_of(codec::json_from_bytes(tree, nested(100'000))), Errc::malformed);
}

TEST(DescribedJson, small_input_does_not_make_large_output) {
    const std::string names =
        "flat A 1000000\n0 x [1000000]#1\nflat B 1\n0 " + std::string(8'000, 'n') + " u8\n";
    EXPECT_EQ(error_of(codec::json_from_bytes(names, std::vector<std::byte>(1'000'000))),
              Errc::overloaded);
    const char* const large = "flat A 4000000000\n0 x [4000000000]u8\n";
    EXPECT_EQ(error_of(codec::bytes_from_json(large, "{}")), Errc::overloaded);
    const char* const many = "fields A\n1 x []#1\nflat B 60000000\n0 x [60000000]u8\n";
    EXPECT_EQ(error_of(codec::bytes_from_json(many, R"({"x":[{},{}]})")), Errc::overloaded);
}

// Whatever bytes come: if they decode, the JSON is what nlohmann accepts, and makes the same value
// again.
TEST(DescribedJson, agrees_with_the_typed_decoder_on_changed_bytes) {
    std::mt19937 random{21};
    Kinds value;
    value.list = {"a", "b"};
    value.by_name = {{"x", {1, 2}}};
    value.terms = std::make_shared<const Terms>();
    value.maybe = "m";
    const auto whole = encode(value).value();
    int both = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes(whole.span().begin(), whole.span().end());
        for (auto n = random() % 3; n > 0; --n)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        const auto typed = decode<Kinds>(bytes);
        const auto text = codec::json_from_bytes(schema_of<Kinds>().description, bytes);
        if (!text) {
            // JSON may refuse more: twice, NaN, text that is not UTF-8. Never may it accept more.
            continue;
        }
        ASSERT_TRUE(typed) << hex_of(bytes) << typed.error().to_string();
        ASSERT_TRUE(json::accept(*text)) << *text;
        const auto again = from_json<Kinds>(*text);
        ASSERT_TRUE(again) << again.error().to_string() << *text;
        EXPECT_EQ(encode(*again).value(), encode(*typed).value());
        ++both;
    }
    EXPECT_GT(both, 1'000);
}

}  // namespace
}  // namespace mycelium
