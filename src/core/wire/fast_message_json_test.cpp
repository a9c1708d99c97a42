#include <gtest/gtest.h>

#include <mycelium/limits.h>

#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <vector>

#include "core/wire/fast_message.h"
#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

using Type = FastMessage::Type;

std::string json_of(const FastMessage& message) {
    return std::string{text_of(encode_fast_message(message))};
}

Result<FastMessage> decode(std::string_view json) {
    return decode_fast_message(std::as_bytes(std::span{json}));
}

TEST(FastMessageJson, a_request_carries_its_params_as_base64) {
    const auto params = bytes_of("hello");
    FastMessage message;
    message.is_json = true;
    message.id = UINT64_MAX;
    message.method = "say \"it\"\n";
    message.params = params;
    const std::string json = json_of(message);
    EXPECT_EQ(json,
              R"({"version":1,"type":"request","id":18446744073709551615,"method":"say \"it\"\n",)"
              R"("params":"aGVsbG8="})");
    const auto again = decode(json).value();
    EXPECT_TRUE(again.is_json);
    EXPECT_EQ(again.id, UINT64_MAX);
    EXPECT_EQ(again.method, message.method);
    EXPECT_FALSE(again.params_inline);
    EXPECT_EQ(text_of(*again.params), "hello");
}

TEST(FastMessageJson, values_that_are_no_strings_stay_json) {
    const auto message =
        decode(R"({ "params": {"zone": "UTC", "n": [1, 2.5, null]}, "method": "now", "id": 3,
                    "type": "request", "version": 1, "unknown": {"a": []} })")
            .value();
    EXPECT_TRUE(message.params_inline);
    EXPECT_EQ(nlohmann::json::parse(text_of(*message.params)),
              nlohmann::json::parse(R"({"zone": "UTC", "n": [1, 2.5, null]})"));
    FastMessage answer;
    answer.is_json = true;
    answer.type = Type::response;
    answer.id = 3;
    answer.result = message.params;
    answer.result_inline = true;
    EXPECT_EQ(nlohmann::json::parse(json_of(answer))["result"]["zone"], "UTC");
}

TEST(FastMessageJson, a_moved_message_keeps_its_content) {
    auto message = decode(R"({"version":1,"type":"request","id":1,"params":"aGVsbG8="})").value();
    const FastMessage moved = std::move(message);
    EXPECT_EQ(text_of(*moved.params), "hello");
}

TEST(FastMessageJson, null_is_the_same_as_absent) {
    const auto message =
        decode(R"({"version":1,"type":"request","id":1,"params":null,"error":null})").value();
    EXPECT_FALSE(message.params);
    EXPECT_FALSE(message.error);
}

TEST(FastMessageJson, an_error_comes_back_with_code_message_and_data) {
    FastMessage message;
    message.is_json = true;
    message.type = Type::response;
    message.id = 1;
    message.error = {INT64_MIN, "no\tsuch zone", std::string{"\x81\xa1\x61\x05", 4}};
    const std::string json = json_of(message);
    EXPECT_EQ(nlohmann::json::parse(json)["error"]["data"]["a"], 5);
    const auto again = decode(json).value();
    EXPECT_EQ(again.error->code, INT64_MIN);
    EXPECT_EQ(again.error->message, "no\tsuch zone");
    EXPECT_EQ(again.error->data, message.error->data);
}

TEST(FastMessageJson, text_that_is_not_utf8_does_not_spoil_the_message) {
    FastMessage message;
    message.is_json = true;
    message.type = Type::response;
    message.id = 1;
    message.error = {1, "stderr: \xff\xfe", {}};
    EXPECT_EQ(decode(json_of(message)).value().error->message, "stderr: \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(FastMessageJson, an_answer_that_json_cannot_hold_becomes_an_error_answer) {
    const std::vector<std::byte> large(limits::json_bytes_max / 4 * 3 + 1);
    FastMessage message;
    message.is_json = true;
    message.type = Type::response;
    message.id = 9;
    message.result = large;
    const auto again = decode(json_of(message)).value();
    EXPECT_EQ(again.id, 9u);
    ASSERT_TRUE(again.error);
    EXPECT_NE(again.error->message.find("cannot be written as JSON"), std::string::npos);
    message.type = Type::notification;
    EXPECT_TRUE(encode_fast_message(message).empty());
}

TEST(FastMessageJson, malformed_ones_are_refused_with_a_reason) {
    struct Bad {
        const char* json;
        const char* reason;
    };
    const std::vector<Bad> table{
        {"{", "byte 1"},
        {"{}", "no version"},
        {R"({"version":1})", "no type"},
        {R"({"version":2,"type":"request","id":1})", "version: this is not 1"},
        {R"({"version":"1","type":"request","id":1})", "version: this is not 1"},
        {R"({"version":1,"type":"question","id":1})", "type: this is not"},
        {R"({"version":1,"type":5,"id":1})", "type: this is not"},
        {R"({"version":1,"type":"request"})", "a request without an id"},
        {R"({"version":1,"type":"request","id":-1})", "id: this is not"},
        {R"({"version":1,"type":"request","id":1.5})", "id: this is not"},
        {R"({"version":1,"type":"request","id":1,"method":1})", "method: this is not"},
        {R"({"version":1,"type":"request","id":1,"params":"a"})", "params"},
        {R"({"version":1,"type":"response","id":1,"error":"x"})", "error: this is not"},
        {R"({"version":1,"type":"response","id":1,"error":{"code":"x"}})", "error.code"},
        {R"({"version":1,"type":"response","id":1,"error":{"message":1}})", "error.message"},
        {R"({"version":1,"type":"response","id":1,"result":"","error":{}})", "not both"},
        {R"({"version":1,"type":"request","id":1} x)", "byte"},
        {R"({"version":1,"version":1,"type":"request","id":1})", "version"},
    };
    for (const Bad& bad : table) {
        const auto message = decode(bad.json);
        ASSERT_FALSE(message) << bad.json;
        EXPECT_TRUE(message.error() == Errc::malformed) << bad.json;
        EXPECT_NE(message.error().message().find(bad.reason), std::string::npos)
            << bad.json << ": " << message.error().message();
    }
}

TEST(FastMessageJson, nesting_is_bounded) {
    const auto nested = [](std::size_t depth) {
        return R"({"version":1,"type":"request","id":1,"params":)" + std::string(depth, '[') + "1" +
               std::string(depth, ']') + "}";
    };
    EXPECT_TRUE(decode(nested(limits::codec_depth_max - 1)));
    EXPECT_FALSE(decode(nested(limits::codec_depth_max)));
    EXPECT_FALSE(decode(nested(100000)));
}

TEST(FastMessageJson, any_damage_is_refused_or_read_within_bounds) {
    std::mt19937 random{9};
    const std::string good =
        R"({"version":1,"type":"response","id":1,"method":"m","params":"aGVsbG8=",)"
        R"("error":{"code":-5,"message":"x","data":[1,{"a":null}]}})";
    ASSERT_TRUE(decode(good));
    for (int round = 0; round < 20000; ++round) {
        std::string json = good;
        for (auto i = random() % 4 + 1; i > 0; --i)
            json[1 + random() % (json.size() - 1)] = static_cast<char>(random() % 128);
        const auto again = decode(json);
        if (!again) continue;
        EXPECT_TRUE(decode(json_of(*again))) << json;
    }
}

}  // namespace
}  // namespace mycelium::wire
