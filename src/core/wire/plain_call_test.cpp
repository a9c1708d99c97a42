#include "core/wire/plain_call.h"

#include <gtest/gtest.h>

#include <string>

#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

const TypeInfo raw{Form::bytes, "Bytes", {}, 0};

TEST(PlainCall, bytes_are_the_question_in_either_form) {
    for (const std::string text :
         {R"({"version":1,"type":"request","id":1,"params":"aGVsbG8="})",
          "\x84\xa7version\x01\xa4type\xa7request\xa2id\x01\xa6params\xc4\x05hello"}) {
        const auto payload = bytes_of(text);
        const auto call = decode_fast_message(payload).value();
        EXPECT_EQ(text_of(decode_plain_params(call, raw).value()), "hello");
    }
}

TEST(PlainCall, no_params_are_no_bytes) {
    EXPECT_TRUE(decode_plain_params(FastMessage{}, raw).value().empty());
}

TEST(PlainCall, an_inline_value_is_its_own_encoding) {
    const auto payload =
        bytes_of("\x84\xa7version\x01\xa4type\xa7request\xa2id\x01\xa6params\x92\x01\x02");
    const auto call = decode_fast_message(payload).value();
    EXPECT_EQ(to_hex(decode_plain_params(call, raw).value()), "92 01 02");
}

TEST(PlainCall, an_answer_of_raw_bytes_is_a_bin_or_base64) {
    const auto answer = bytes_of("hello");
    for (const bool is_json : {false, true}) {
        const auto payload = encode_plain_answer(7, answer, raw, is_json);
        const auto again = decode_fast_message(payload).value();
        EXPECT_EQ(again.is_json, is_json);
        EXPECT_EQ(again.type, FastMessage::Type::response);
        EXPECT_EQ(again.id, 7u);
        EXPECT_FALSE(again.result_inline);
        EXPECT_EQ(text_of(*again.result), "hello");
    }
}

}  // namespace
}  // namespace mycelium::wire
