#include "core/codec/base64.h"

#include <random>

#include <gtest/gtest.h>

#include "core/codec/types_for_tests.h"

namespace mycelium::codec {
namespace {

std::span<const std::byte> bytes_of_text(std::string_view text) {
    return std::as_bytes(std::span{text});
}

// RFC 4648, section 10.
TEST(Base64, encodes_the_vectors_of_the_rfc) {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [text, encoded] : vectors) {
        EXPECT_EQ(base64_of(bytes_of_text(text)), encoded);
        const auto decoded = bytes_of_base64(encoded);
        ASSERT_TRUE(decoded) << encoded;
        EXPECT_EQ(for_tests::hex_of(*decoded), for_tests::hex_of(bytes_of_text(text)));
    }
}

TEST(Base64, is_strict_about_length_alphabet_padding_and_spare_bits) {
    for (const std::string_view text : {"Zg", "Zg=", "Z", "Zm9v\n", "Zm9 ", "Zm9-", "Zg=a",
                                        "====", "=g==", "Zh==", "Zm9=", "Zg==Zg==", "Z==="})
        EXPECT_EQ(for_tests::error_of(bytes_of_base64(text)), Errc::malformed) << text;
}

TEST(Base64, names_the_character_that_is_wrong) {
    EXPECT_NE(for_tests::error_of(bytes_of_base64("Zm9!")).message().find("character 3"),
              std::string::npos);
}

TEST(Base64, comes_back_as_it_was_at_every_length) {
    std::mt19937 random{7};
    for (std::size_t size = 0; size < 200; ++size) {
        std::vector<std::byte> bytes(size);
        for (auto& b : bytes) b = static_cast<std::byte>(random());
        EXPECT_EQ(bytes_of_base64(base64_of(bytes)).value(), bytes);
    }
}

}  // namespace
}  // namespace mycelium::codec
