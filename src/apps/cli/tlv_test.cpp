#include "apps/cli/tlv.h"

#include <gtest/gtest.h>
#include <cstdint>
#include <random>

namespace mycelium::cli {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

// Sequence 7, timestamp 1'700'000'000'123'456'789, one TLV of type 2 with the value 0a 0b.
constexpr const char* small_json =
    R"({"relay_domain":1,"version":1,"source":3,"flags":0,"sequence":7,"timestamp":1700000000123456789,)"
    R"("tlvs":[{"type":2,"hex":"0a0b"}]})";

std::vector<std::byte> small() {
    return bytes_of({0xef, 0xbe, 0xad, 0xde, 1,    1,    3, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0x15, 0xcd,
                     0x85, 0x3d, 0xfe, 0x9c, 0x97, 0x17, 4, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x0a, 0x0b});
}

std::string error_of(std::string_view json) {
    const auto encoded = encode_message(json);
    return encoded ? "encoded" : encoded.error().message();
}

std::string error_of(std::span<const std::byte> message, bool is_forced = false) {
    const auto decoded = decode_message(message, is_forced);
    return decoded ? *decoded : decoded.error().message();
}

/// The checksum of whatever stands in `message` now.
void seal(std::vector<std::byte>& message) {
    const std::uint32_t poly = 0xEDB88320;
    std::uint32_t crc = 0xFFFFFFFF;
    for (std::size_t index = 0; index < message.size(); ++index) {
        if (index >= 28 && index < 32) continue;
        crc ^= std::to_integer<std::uint32_t>(message[index]);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? poly : 0);
    }
    for (int byte = 0; byte < 4; ++byte)
        message[28 + byte] = static_cast<std::byte>(~crc >> (8 * byte));
}

TEST(Tlv, a_message_is_encoded_byte_for_byte) {
    auto expected = small();
    seal(expected);
    EXPECT_EQ(encode_message(small_json).value(), expected);
}

TEST(Tlv, decoding_adds_size_and_checksum) {
    auto message = small();
    seal(message);
    std::uint32_t checksum = 0;
    for (int byte = 3; byte >= 0; --byte)
        checksum = checksum << 8 | std::to_integer<std::uint32_t>(message[28 + byte]);
    EXPECT_EQ(
        decode_message(message, false).value(),
        R"({"relay_domain":1,"version":1,"source":3,"flags":0,"sequence":7,"timestamp":1700000000123456789,)"
        R"("payload_size":4,"checksum":)" +
            std::to_string(checksum) + R"(,"checksum_ok":true,"tlvs":[{"type":2,"hex":"0a0b"}]})");
}

TEST(Tlv, a_trade_is_shown_with_all_its_fields) {
    const std::string hex =
        "ffffffffffffffff00000000000000800100000000000000"
        "15cd853dfe9c971702030405010607ff";
    const auto encoded = encode_message(
        R"({"relay_domain":1,"version":1,"source":1,"flags":0,"sequence":18446744073709551615,)"
        R"("timestamp":0,"tlvs":[{"type":1,"hex":")" +
        hex + R"("}]})");
    ASSERT_TRUE(encoded) << encoded.error().message();
    const std::string json = decode_message(*encoded, false).value();
    EXPECT_NE(json.find(R"("sequence":18446744073709551615,)"), std::string::npos) << json;
    EXPECT_NE(
        json.find("\"hex\":\"" + hex +
                  R"(","trade":{"asset_id":18446744073709551615,"price":-9223372036854775808,)"
                  R"("volume":1,"exchange_time":1700000000123456789,"venue":770,"asset_type":4,)"
                  R"("reserved":5,"side":1,"padding":[6,7,255]}})"),
        std::string::npos)
        << json;
}

TEST(Tlv, decoding_and_encoding_give_the_same_bytes_again) {
    std::mt19937_64 random{7};
    for (int round = 0; round < 300; ++round) {
        std::vector<std::byte> message(32);
        for (std::size_t index : {4, 5, 6, 8, 9, 15, 16, 23})
            message[index] = static_cast<std::byte>(random());
        for (std::uint64_t left = random() % 5; left > 0; --left) {
            const auto type = static_cast<std::uint8_t>(2 + random() % 254);
            const std::size_t size = random() % 3 == 0 ? random() % 2000 : random() % 256;
            if (size > 255 || type == 255 || random() % 2 == 0)
                for (std::size_t part :
                     {std::size_t{255}, std::size_t{0}, std::size_t{type}, size & 255, size >> 8})
                    message.push_back(static_cast<std::byte>(part));
            else
                for (std::size_t part : {std::size_t{type}, size})
                    message.push_back(static_cast<std::byte>(part));
            for (std::size_t index = 0; index < size; ++index)
                message.push_back(static_cast<std::byte>(random()));
        }
        for (int byte = 0; byte < 4; ++byte)
            message[24 + byte] = static_cast<std::byte>((message.size() - 32) >> (8 * byte));
        for (int byte = 0; byte < 4; ++byte) message[byte] = small()[byte];
        seal(message);
        const auto json = decode_message(message, false);
        ASSERT_TRUE(json) << json.error().message();
        EXPECT_EQ(encode_message(*json).value(), message) << *json;
    }
}

TEST(Tlv, every_cut_of_a_message_is_refused) {
    auto message = small();
    seal(message);
    for (std::size_t size = 0; size < message.size(); ++size)
        EXPECT_FALSE(decode_message(std::span{message}.first(size), true)) << size;
    message.push_back(std::byte{0});
    EXPECT_EQ(error_of(message), "byte 36: 1 bytes too many follow the message");
    EXPECT_EQ(error_of(std::span<const std::byte>{}),
              "byte 0: the input is empty, a message has at least 32 bytes");
    EXPECT_EQ(error_of(std::span{message}.first(9)),
              "byte 9: the input ends within the header, which has 32 bytes");
    EXPECT_EQ(error_of(std::span{message}.first(34)),
              "byte 24: payload_size is 4, but only 2 bytes follow the header");
    message[0] = std::byte{0};
    EXPECT_EQ(error_of(message), "byte 0: no message: it begins with the magic ef be ad de");
}

TEST(Tlv, malformed_lengths_are_refused_even_by_force) {
    const std::initializer_list<std::initializer_list<int>> payloads{{2},
                                                                     {2, 1},
                                                                     {2, 3, 1, 2},
                                                                     {255, 0, 2, 1},
                                                                     {255, 0, 2, 2, 0, 1},
                                                                     {255, 1, 2, 0, 0},
                                                                     {2, 0, 2},
                                                                     {1, 2, 0, 0}};
    for (const auto& payload : payloads) {
        auto message = small();
        message.resize(32);
        for (int value : payload) message.push_back(static_cast<std::byte>(value));
        message[24] = static_cast<std::byte>(payload.size());
        seal(message);
        EXPECT_FALSE(decode_message(message, false)) << error_of(message);
        EXPECT_FALSE(decode_message(message, true)) << error_of(message, true);
    }
}

TEST(Tlv, a_wrong_checksum_is_refused_unless_forced) {
    auto message = small();
    message[28] = std::byte{1};
    EXPECT_NE(error_of(message).find("byte 28: the checksum is 0x00000001, the message's is 0x"),
              std::string::npos);
    EXPECT_NE(error_of(message, true).find(R"("checksum":1,"checksum_ok":false,)"),
              std::string::npos);
}

TEST(Tlv, an_unchecked_message_needs_no_checksum) {
    auto message = small();
    message[7] = std::byte{8};
    EXPECT_NE(error_of(message).find(R"("checksum":0,"checksum_ok":true,)"), std::string::npos);
    message[28] = std::byte{1};
    EXPECT_NE(error_of(message).find("byte 28"), std::string::npos);
}

TEST(Tlv, wrong_json_is_refused_with_its_place) {
    std::string json = small_json;
    EXPECT_EQ(error_of(json.substr(0, json.size() - 1)).find("encoded"), std::string::npos);
    EXPECT_EQ(error_of(json + "{}").find("encoded"), std::string::npos);
    EXPECT_EQ(error_of(""), "JSON, byte 0: the text ends too early");
    EXPECT_EQ(error_of("[]"), "an array where an object is expected");
    EXPECT_EQ(error_of("nonsense"), "JSON, byte 1: a value is expected");
    const auto with = [&](std::string_view old, std::string_view replacement) {
        std::string changed = small_json;
        changed.replace(changed.find(old), old.size(), replacement);
        return error_of(changed);
    };
    EXPECT_EQ(with("\"sequence\":7,", ""), "'sequence' is missing");
    EXPECT_EQ(with("\"type\":2,", ""), "'tlvs[0].type' is missing");
    EXPECT_EQ(with(",\"hex\":\"0a0b\"", ""), "'tlvs[0].hex' is missing");
    EXPECT_EQ(with("0a0b", "0a0g"), "'tlvs[0].hex': character 3 is not a hex digit");
    EXPECT_EQ(with("0a0b", "0a0"), "'tlvs[0].hex': 3 hex digits: two make a byte");
    EXPECT_EQ(with("\"source\":3", "\"source\":256"), "'source': 256 is no u8");
    EXPECT_EQ(with("\"source\":3", "\"source\":-1"), "'source': -1 is no u8");
    EXPECT_EQ(with("\"source\":3", "\"source\":\"3\""),
              "'source': a string where an integer is expected");
    EXPECT_EQ(with("\"source\":3", "\"source\":3.5"),
              "'source': a real number where an integer is expected");
    const std::string too_large = with("\"sequence\":7", "\"sequence\":18446744073709551616");
    EXPECT_NE(too_large.find("out of range"), std::string::npos);
}

TEST(Tlv, a_key_that_is_not_known_is_refused_by_name) {
    const auto with = [&](std::string_view old, std::string_view replacement) {
        std::string changed = small_json;
        changed.replace(changed.find(old), old.size(), replacement);
        return error_of(changed);
    };
    EXPECT_EQ(with("\"type\":2,", "\"type\":2,\"extnded\":true,"),
              "'tlvs[0].extnded': there is no such member (did you mean extended?)");
    EXPECT_EQ(with("\"source\":3,", "\"source\":3,\"sorce\":3,"),
              "'sorce': there is no such member (did you mean source?)");
    EXPECT_EQ(with("\"source\":3,", "\"source\":3,\"trade\":3,"),
              "'trade': there is no such member");
}

TEST(Tlv, what_decoding_adds_is_no_unknown_key) {
    std::string json = small_json;
    json.insert(1, R"("payload_size":4,"checksum":1,"checksum_ok":true,)");
    json.insert(json.find("\"hex\""), R"("trade":{},)");
    EXPECT_EQ(encode_message(json).value(), encode_message(small_json).value());
}

TEST(Tlv, a_wrong_magic_is_named_however_short_the_input) {
    for (std::size_t size = 4; size < 40; ++size)
        EXPECT_EQ(error_of(std::vector<std::byte>(size, std::byte{'x'})),
                  "byte 0: no message: it begins with the magic ef be ad de");
    EXPECT_EQ(error_of(std::vector<std::byte>(3, std::byte{'x'})),
              "byte 3: the input ends within the header, which has 32 bytes");
}

TEST(Tlv, values_up_to_the_longest_length_are_encoded) {
    const auto sized = [](std::size_t size) {
        return encode_message(
            R"({"relay_domain":0,"version":1,"source":0,"flags":0,"sequence":1,"timestamp":1,)"
            R"("tlvs":[{"type":9,"hex":")" +
            std::string(2 * size, '0') + "\"}]}");
    };
    EXPECT_EQ(sized(255).value().size(), 32u + 2 + 255);
    EXPECT_EQ(sized(256).value().size(), 32u + 5 + 256);
    EXPECT_EQ(sized(65535).value().size(), 32u + 5 + 65535);
    EXPECT_EQ(sized(65536).error().message(),
              "'tlvs[0].hex': 65536 bytes: a TLV holds at most 65535");
    EXPECT_EQ(
        encode_message(
            R"({"relay_domain":0,"version":1,"source":0,"flags":0,"sequence":1,"timestamp":1,"tlvs":[]})")
            .value()
            .size(),
        32u);
}

}  // namespace
}  // namespace mycelium::cli
