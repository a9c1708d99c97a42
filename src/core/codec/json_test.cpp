#include "core/codec/json.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/codec/types_for_tests.h"

namespace mycelium::codec {
namespace {

using for_tests::bytes_of;
using for_tests::error_of;
using for_tests::hex_of;
using nlohmann::json;

TEST(JsonWriter, sets_commas_and_escapes) {
    JsonWriter out;
    out.begin_object();
    out.key("a\"b\\c\n\t\r\x01/é")
        .begin_array()
        .integer(1)
        .boolean(true)
        .null()
        .begin_object()
        .end_object()
        .end_array();
    out.key("b").raw("[]").key("c").base64(bytes_of("ff"));
    out.end_object();
    const auto text = out.take().value();
    EXPECT_EQ(text, R"({"a\"b\\c\n\t\r\u0001/é":[1,true,null,{}],"b":[],"c":"/w=="})");
    EXPECT_TRUE(json::accept(text));
}

TEST(JsonWriter, writes_integers_exactly_and_reals_as_short_as_they_read_back) {
    const auto text_of = [](auto value) {
        JsonWriter out;
        if constexpr (std::is_floating_point_v<decltype(value)>)
            out.real(value);
        else
            out.integer(value);
        return out.take().value();
    };
    EXPECT_EQ(text_of(UINT64_MAX), "18446744073709551615");
    EXPECT_EQ(text_of(INT64_MIN), "-9223372036854775808");
    EXPECT_EQ(text_of(0.1), "0.1");
    EXPECT_EQ(text_of(0.1f), "0.1");
    EXPECT_EQ(text_of(2.0), "2.0");
    EXPECT_EQ(text_of(-0.0), "-0.0");
    EXPECT_EQ(text_of(1e300), "1e+300");
    std::mt19937_64 random{1};
    for (int round = 0; round < 2'000; ++round) {
        const double value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        EXPECT_EQ(json::parse(text_of(value)).get<double>(), value);
    }
}

TEST(JsonWriter, refuses_nan_infinity_and_what_is_not_utf8) {
    for (const double value : {std::nan(""), double{INFINITY}, -double{INFINITY}})
        EXPECT_EQ(error_of(JsonWriter{}.real(value).take()), Errc::unsupported);
    for (const std::string_view text :
         {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"})
        EXPECT_EQ(error_of(JsonWriter{}.string(text).take()), Errc::unsupported);
}

TEST(JsonWriter, stops_at_its_limit) {
    JsonWriter out{10};
    EXPECT_EQ(out.string("12345678").take().value().size(), 10u);
    EXPECT_EQ(error_of(out.string("123456789").take()), Errc::overloaded);
    EXPECT_EQ(out.integer(1).take().value(), "1") << "empty again after a failure";
}

TEST(JsonDocument, reads_every_kind) {
    const auto document =
        JsonDocument::parse(
            R"( {"n":null,"b":true,"u":18446744073709551615,"i":-9223372036854775808,)"
            R"("r":1.5,"s":"é\n","a":[1,2]} )")
            .value();
    const JsonValue root = document.root();
    EXPECT_EQ(root.kind(), JsonKind::object);
    EXPECT_EQ(root.size(), 7u);
    EXPECT_TRUE(root.member("n")->is_null());
    EXPECT_EQ(root.member("b")->boolean(), true);
    EXPECT_EQ(root.member("u")->unsigned_integer(), UINT64_MAX);
    EXPECT_FALSE(root.member("u")->integer());
    EXPECT_EQ(root.member("i")->integer(), INT64_MIN);
    EXPECT_FALSE(root.member("i")->unsigned_integer());
    EXPECT_EQ(root.member("r")->real(), 1.5);
    EXPECT_FALSE(root.member("r")->integer());
    EXPECT_EQ(root.member("s")->string(), "é\n");
    EXPECT_EQ(root.member("a")->size(), 2u);
    EXPECT_FALSE(root.member("x"));
    EXPECT_FALSE(root.member("a")->member("x"));
    EXPECT_EQ(
        root.to_text(),
        R"({"n":null,"b":true,"u":18446744073709551615,"i":-9223372036854775808,)"
        R"("r":1.5,"s":"é\n","a":[1,2]})");
}

TEST(JsonDocument, names_the_byte_where_the_grammar_breaks) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "JSON, byte 0: the text ends too early"},
        {"  ", "JSON, byte 2: the text ends too early"},
        {"{", "JSON, byte 1: the text ends too early"},
        {"[1,]", "JSON, byte 3: a value is expected"},
        {"[1 2]", "JSON, byte 3: ',' or ']' is expected"},
        {"{\"a\"}", "JSON, byte 4: ':' is expected"},
        {"{a:1}", "JSON, byte 1: a name in quotes is expected"},
        {"{\"a\":1,}", "JSON, byte 7: a name in quotes is expected"},
        {"{} x", "JSON, byte 3: text after the end of the value"},
        {"tru", "JSON, byte 3: the text ends too early"},
        {"nul1", "JSON, byte 3: a value is expected"},
        {"01", "JSON, byte 1: a number begins with a spare zero"},
        {"1.", "JSON, byte 2: the text ends too early"},
        {"-x", "JSON, byte 1: a digit is expected"},
        {"\"\\x\"", "JSON, byte 2: no such escape"},
        {"\"\\u12g4\"", "JSON, byte 5: four hexadecimal digits are expected"},
        {"\"a\tb\"", "JSON, byte 2: a control character in a string"},
        {"\"abc", "JSON, byte 4: the text ends too early"},
        {"[1e]", "JSON, byte 3: a digit is expected"},
        {"NaN", "JSON, byte 0: a value is expected"},
    };
    for (const auto& [text, message] : cases) {
        const auto error = error_of(JsonDocument::parse(text));
        EXPECT_EQ(error, Errc::malformed) << text;
        EXPECT_EQ(error.message(), message) << text;
    }
}

TEST(JsonDocument, refuses_bad_utf8_large_integers_and_names_that_stand_twice) {
    EXPECT_EQ(error_of(JsonDocument::parse("\"\xff\"")), Errc::malformed);
    EXPECT_EQ(error_of(JsonDocument::parse("18446744073709551616")).message(),
              "JSON: a number is out of range");
    EXPECT_EQ(error_of(JsonDocument::parse("1e999")), Errc::malformed);
    EXPECT_EQ(error_of(JsonDocument::parse(R"([{"a":1,"b":2,"\u0061":3}])")).message(),
              "JSON: the name 'a' stands twice in one object");
}

TEST(JsonDocument, limits_size_and_depth) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(JsonDocument::parse(nested(limits::codec_depth_max)));
    EXPECT_NE(
        error_of(JsonDocument::parse(nested(limits::codec_depth_max + 1))).message().find("deep"),
        std::string::npos);
    EXPECT_FALSE(JsonDocument::parse(std::string(1 << 20, '[')));
    std::string large(limits::json_bytes_max + 1, ' ');
    large.back() = '1';
    EXPECT_EQ(error_of(JsonDocument::parse(large)), Errc::overloaded);
    EXPECT_TRUE(JsonDocument::parse(std::string_view{large}.substr(1)));
}

TEST(JsonDocument, accepts_and_refuses_as_nlohmann_does) {
    std::mt19937 random{42};
    const std::string_view alphabet = "{}[]\":,0123456789.eE+-truefalsn \\u\"";
    const std::string seeds[] = {R"({"a":[1,2.5,-3e2],"b":{"c":null,"d":"x\n\u00e9"},"e":true})",
                                 R"([[],{},"",0,-0.5,false])"};
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = seeds[random() % 2];
        for (auto n = random() % 3; n > 0; --n) {
            const std::size_t at = random() % text.size();
            if (random() % 2)
                text[at] = alphabet[random() % alphabet.size()];
            else
                text.erase(at, 1);
        }
        bool has_twice = false;
        bool is_strange = false;
        json::parser_callback_t no_twice = [&](int, json::parse_event_t, json&) { return true; };
        const json theirs = json::parse(text, no_twice, false);
        const auto ours = JsonDocument::parse(text);
        if (!ours) {
            has_twice = ours.error().message().find("twice") != std::string::npos;
            is_strange = ours.error().message().find("range") !=
                         std::string::npos;  // nlohmann rounds or overflows
        }
        if (has_twice || is_strange) continue;
        ASSERT_EQ(ours.ok(), !theirs.is_discarded()) << text;
        if (ours.ok()) {
            EXPECT_EQ(json::parse(ours->root().to_text()), theirs) << text;
        }
        accepted += ours.ok() ? 1 : 0;
    }
    EXPECT_GT(accepted, 1'000);
}

TEST(JsonOfMsgPack, transcodes_what_nlohmann_writes_and_back) {
    const json value = {{"a", {1, -2, 3.5, nullptr, true, "text"}},
                        {"b", {{"large", UINT64_MAX}, {"small", INT64_MIN}}}};
    const auto packed = json::to_msgpack(value);
    const auto text = json_of_msgpack(std::as_bytes(std::span{packed}));
    ASSERT_TRUE(text) << text.error().to_string();
    EXPECT_EQ(json::parse(*text), value);
    const auto back = msgpack_of_json(*text).value();
    EXPECT_EQ(json::from_msgpack(reinterpret_cast<const std::uint8_t*>(back.data()),
                                 reinterpret_cast<const std::uint8_t*>(back.data()) + back.size()),
              value);
}

TEST(JsonOfMsgPack, writes_binaries_as_base64_and_integer_keys_as_text) {
    EXPECT_EQ(json_of_msgpack(bytes_of("8201c403aabbcc"
                                       "ffc0"))
                  .value(),
              R"({"1":"qrvM","-1":null})");
}

TEST(JsonOfMsgPack, refuses_what_json_cannot_say) {
    for (const char* hex :
         {"d4017f", "81c3c0", "8191c0c0", "cb7ff8000000000000", "ca7f800000", "a1ff", "81a1ffc0"})
        EXPECT_EQ(error_of(json_of_msgpack(bytes_of(hex))), Errc::unsupported) << hex;
    for (const char* hex : {"", "c1", "91", "81c0", "c0c0", "a2c0"})
        EXPECT_EQ(error_of(json_of_msgpack(bytes_of(hex))), Errc::malformed) << hex;
}

TEST(JsonOfMsgPack, limits_depth) {
    const auto nested = [](std::size_t depth) {
        std::vector<std::byte> bytes(depth, std::byte{0x91});
        bytes.push_back(std::byte{0xc0});
        return bytes;
    };
    EXPECT_TRUE(json_of_msgpack(nested(limits::codec_depth_max)));
    EXPECT_EQ(error_of(json_of_msgpack(nested(limits::codec_depth_max + 1))), Errc::malformed);
}

TEST(JsonOfMsgPack, survives_random_bytes) {
    std::mt19937 random{8};
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes(random() % 32);
        for (auto& b : bytes) b = static_cast<std::byte>(random());
        const auto text = json_of_msgpack(bytes);
        EXPECT_TRUE(!text || json::accept(*text)) << *text;
    }
}

}  // namespace
}  // namespace mycelium::codec
