#include "core/wire/fast_message.h"

#include <gtest/gtest.h>

#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

using msgpack::Builder;
using Type = FastMessage::Type;

/// {version: 1, type: "request", id: 7, method: "echo", …}: what `more` writes for `pairs` more
/// keys.
std::vector<std::byte> request_with(std::size_t pairs, const std::function<void(Builder&)>& more) {
    Builder out;
    out.map(4 + pairs);
    out.string("version");
    out.integer(1);
    out.string("type");
    out.string("request");
    out.string("id");
    out.integer(7);
    out.string("method");
    out.string("echo");
    more(out);
    return out.take();
}

std::string refusal(std::span<const std::byte> payload) {
    const auto message = decode_fast_message(payload);
    if (message) return "accepted";
    EXPECT_TRUE(message.error() == Errc::malformed);
    return message.error().message();
}

TEST(FastMessage, a_request_has_the_documented_bytes) {
    const auto params = bytes_of("hello");
    FastMessage message;
    message.id = 7;
    message.method = "echo";
    message.params = params;
    EXPECT_EQ(to_hex(encode_fast_message(message)),
              "85 a7 76 65 72 73 69 6f 6e 01 a4 74 79 70 65 a7 72 65 71 75 65 73 74 a2 69 64 07 "
              "a6 6d 65 74 68 6f 64 a4 65 63 68 6f a6 70 61 72 61 6d 73 c4 05 68 65 6c 6c 6f");
}

TEST(FastMessage, a_request_comes_back_with_params_in_place) {
    const auto payload = request_with(1, [](Builder& out) {
        out.string("params");
        out.binary(bytes_of("hello"));
    });
    const auto message = decode_fast_message(payload).value();
    EXPECT_EQ(message.type, Type::request);
    EXPECT_FALSE(message.is_json);
    EXPECT_EQ(message.id, 7u);
    EXPECT_EQ(message.method, "echo");
    ASSERT_TRUE(message.params);
    EXPECT_FALSE(message.params_inline);
    EXPECT_EQ(text_of(*message.params), "hello");
    EXPECT_EQ(message.params->data(), payload.data() + payload.size() - 5) << "no copy";
}

TEST(FastMessage, params_that_are_no_bin_are_given_as_their_encoding) {
    const auto message = decode_fast_message(request_with(1, [](Builder& out) {
                             out.string("params");
                             out.map(1);
                             out.string("zone");
                             out.string("UTC");
                         })).value();
    EXPECT_TRUE(message.params_inline);
    EXPECT_EQ(message.params->size(), 10u);
}

TEST(FastMessage, nil_is_the_same_as_absent) {
    const auto message = decode_fast_message(request_with(3, [](Builder& out) {
                             for (const char* key : {"params", "result", "error"}) {
                                 out.string(key);
                                 out.nil();
                             }
                         })).value();
    EXPECT_FALSE(message.params);
    EXPECT_FALSE(message.result);
    EXPECT_FALSE(message.error);
}

TEST(FastMessage, keys_come_in_any_order_and_unknown_ones_are_skipped) {
    Builder out;
    out.map(6);
    out.integer(99);  // not even a name
    out.nil();
    out.string("trace");
    out.array(2);
    out.integer(1);
    out.string("x");
    out.string("result");
    out.binary({});
    out.string("id");
    out.integer(UINT64_MAX);
    out.string("type");
    out.string("response");
    out.string("version");
    out.integer(1);
    const auto message = decode_fast_message(out.bytes()).value();
    EXPECT_EQ(message.type, Type::response);
    EXPECT_EQ(message.id, UINT64_MAX);
    ASSERT_TRUE(message.result);
    EXPECT_TRUE(message.result->empty());
}

TEST(FastMessage, an_error_comes_back_with_code_message_and_data) {
    FastMessage message;
    message.type = Type::response;
    message.id = 1;
    message.error = {-5, "no such zone", std::string{"\x93\x01\x02\x03", 4}};
    const auto again = decode_fast_message(encode_fast_message(message)).value();
    ASSERT_TRUE(again.error);
    EXPECT_EQ(again.error->code, -5);
    EXPECT_EQ(again.error->message, "no such zone");
    EXPECT_EQ(again.error->data, message.error->data);
    EXPECT_FALSE(again.result);
}

TEST(FastMessage, what_is_too_long_is_cut_when_it_is_written) {
    FastMessage message;
    message.type = Type::response;
    message.id = 1;
    message.method = std::string(limits::method_bytes_max + 1, 'm');
    // Two-byte characters: the limit falls into the middle of one after the leading byte.
    std::string text = "x";
    while (text.size() <= limits::error_text_bytes_max) text += "\xc3\xa4";
    message.error = {1, text, {}};
    const auto again = decode_fast_message(encode_fast_message(message)).value();
    EXPECT_EQ(again.method.size(), limits::method_bytes_max);
    EXPECT_EQ(again.error->message.size(), limits::error_text_bytes_max - 1);
}

TEST(FastMessage, error_data_that_is_not_one_value_is_left_out) {
    FastMessage message;
    message.type = Type::response;
    message.id = 1;
    for (const std::string data : {"\xc1", "\x01\x02", "\x92\x01"}) {
        message.error = {1, "x", data};
        EXPECT_EQ(decode_fast_message(encode_fast_message(message)).value().error->data, "");
    }
}

TEST(FastMessage, malformed_ones_are_refused_with_a_reason) {
    struct Bad {
        const char* hex;
        const char* reason;
    };
    const std::vector<Bad> table{
        {"", "byte 0: the end"},
        {"c1", "byte 0: the invalid byte"},
        {"01", "byte 0: an integer"},
        {"80", "no version"},
        {"81 a7 76 65 72 73 69 6f 6e 01", "no type"},
        {"81 a7 76 65 72 73 69 6f 6e 02", "byte 10: a version that is not 1"},
        {"81 a7 76 65 72 73 69 6f 6e a1 31", "byte 9: a string"},
        {"81 a4 74 79 70 65 a1 78", "a type that is not"},
        {"81 a4 74 79 70 65 01", "byte 6: an integer"},
        {"82 a4 74 79 70 65 a7 72 65 71 75 65 73 74 a4 74 79 70 65 a7 72 65 71 75 65 73 74",
         "a key comes twice"},
        {"81 a2 69 64 ff", "a negative number"},
        {"81 a2 69 64 cb 3f f0 00 00 00 00 00 00", "byte 4: a real number"},
        {"81 a6 6d 65 74 68 6f 64 c4 00", "byte 8: a binary"},
        {"81 a5 65 72 72 6f 72 a1 78", "byte 7: a string"},
        {"81 a5 65 72 72 6f 72 81 a4 63 6f 64 65 a1 78", "byte 13: a string"},
        {"81 a6 70 61 72 61 6d 73 c4 05 68", "byte 8: a binary longer than the message"},
        {"8f a6 70", "a map of more pairs than there are bytes"},
        {"82 a7 76 65 72 73 69 6f 6e 01 a4 74 79 70 65 a7 72 65 71 75 65 73 74",
         "a request without an id"},
        {"82 a7 76 65 72 73 69 6f 6e 01 a4 74 79 70 65 a8 72 65 73 70 6f 6e 73 65",
         "a response without an id"},
    };
    for (const Bad& bad : table) {
        const std::string reason = refusal(from_hex(bad.hex));
        EXPECT_NE(reason.find(bad.reason), std::string::npos) << bad.hex << ": " << reason;
    }
}

TEST(FastMessage, bytes_after_the_map_are_refused) {
    auto payload = request_with(0, [](Builder&) {});
    ASSERT_EQ(refusal(payload), "accepted");
    payload.push_back(std::byte{0xc0});
    EXPECT_NE(refusal(payload).find("after the end"), std::string::npos);
}

TEST(FastMessage, only_a_response_has_a_result_or_an_error_and_not_both) {
    const auto with_result = [](Builder& out) {
        out.string("result");
        out.binary({});
    };
    EXPECT_NE(refusal(request_with(1, with_result)).find("only a response"), std::string::npos);
    FastMessage message;
    message.type = Type::response;
    message.id = 1;
    message.result.emplace();
    message.error.emplace();
    EXPECT_NE(refusal(encode_fast_message(message)).find("not both"), std::string::npos);
}

TEST(FastMessage, every_limit_can_be_reached_and_not_exceeded) {
    const auto with_method = [](std::size_t size) {
        Builder out;
        out.map(3);
        out.string("version");
        out.integer(1);
        out.string("type");
        out.string("notification");
        out.string("method");
        out.string(std::string(size, 'm'));
        return out.take();
    };
    EXPECT_EQ(refusal(with_method(limits::method_bytes_max)), "accepted");
    EXPECT_NE(refusal(with_method(limits::method_bytes_max + 1)).find("method_bytes_max"),
              std::string::npos);
    const auto with_text = [](std::size_t size) {
        Builder out;
        out.map(4);
        out.string("version");
        out.integer(1);
        out.string("type");
        out.string("response");
        out.string("id");
        out.integer(1);
        out.string("error");
        out.map(1);
        out.string("message");
        out.string(std::string(size, 'm'));
        return out.take();
    };
    EXPECT_EQ(refusal(with_text(limits::error_text_bytes_max)), "accepted");
    EXPECT_NE(refusal(with_text(limits::error_text_bytes_max + 1)).find("error_text_bytes_max"),
              std::string::npos);
    const auto nested = [](std::size_t depth) {
        return request_with(1, [depth](Builder& out) {
            out.string("params");
            for (std::size_t i = 0; i < depth; ++i) out.array(1);
            out.integer(1);
        });
    };
    EXPECT_EQ(refusal(nested(limits::codec_depth_max)), "accepted");
    EXPECT_NE(refusal(nested(limits::codec_depth_max + 1)).find("nested too deep"),
              std::string::npos);
}

TEST(FastMessage, every_prefix_and_any_damage_is_refused_or_read_within_bounds) {
    std::mt19937 random{5};
    FastMessage message;
    message.type = Type::response;
    message.id = 300;
    message.method = "m";
    const auto params = bytes_of("parameters");
    message.params = params;
    message.error = {-70000, "text", std::string{"\x91\x01", 2}};
    const auto good = encode_fast_message(message);
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_fast_message(std::vector<std::byte>(
            good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    for (int round = 0; round < 50000; ++round) {
        auto bytes = good;
        for (auto i = random() % 4 + 1; i > 0; --i)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        const auto again = decode_fast_message(bytes);
        if (!again) continue;
        // What was accepted can be written again, and the result is accepted, too.
        EXPECT_TRUE(decode_fast_message(encode_fast_message(*again)));
    }
}

}  // namespace
}  // namespace mycelium::wire
