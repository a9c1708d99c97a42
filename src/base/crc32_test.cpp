#include "base/crc32.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <random>
#include <string_view>
#include <vector>

namespace mycelium::base {
namespace {

std::vector<std::byte> noise(std::size_t size) {
    std::mt19937_64 random{size};
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

std::uint32_t expected(std::uint32_t crc, std::span<const std::byte> bytes) {
    return bytes.empty() ? crc : libdeflate_crc32(crc, bytes.data(), bytes.size());
}

TEST(Crc32, the_known_one) {
    constexpr std::string_view digits = "123456789";
    EXPECT_EQ(crc32(0, std::as_bytes(std::span{digits})), 0xcbf43926u);
    EXPECT_EQ(crc32(0, {}), 0u);
    EXPECT_EQ(crc32(77, {}), 77u);
}

// From 1 KiB on it goes by blocks of 128 bytes, and what is left by 16: all of these here.
constexpr std::size_t wide_from = 1024, wide_to = wide_from + 3 * 128 + 20;

TEST(Crc32, every_size_from_every_beginning) {
    const auto bytes = noise(wide_to);
    for (std::size_t size = 0; size <= wide_to; ++size)
        for (const std::uint32_t crc : {0u, 0xffffffffu, 0x12345678u}) {
            const std::span part = std::span{bytes}.first(size);
            ASSERT_EQ(crc32(crc, part), expected(crc, part)) << size;
        }
}

TEST(Crc32, every_alignment) {
    const auto bytes = noise(wide_to + 64);
    for (const std::size_t size : {1u, 15u, 16u, 70u, 1023u, 1024u, 1039u, 1151u, 1152u, 1300u})
        for (std::size_t from = 0; from < 64; ++from) {
            const std::span part = std::span{bytes}.subspan(from, size);
            ASSERT_EQ(crc32(5, part), expected(5, part)) << size << " from " << from;
        }
}

TEST(Crc32, large_ones) {
    const auto bytes = noise(3'000'017);
    EXPECT_EQ(crc32(0, bytes), expected(0, bytes));
    EXPECT_EQ(crc32(9, std::span{bytes}.subspan(3)), expected(9, std::span{bytes}.subspan(3)));
}

TEST(Crc32, a_head_and_what_follows) {
    const auto head = noise(28);
    for (std::size_t size = 0; size <= wide_to; ++size) {
        // Of its own, so that the address sanitizer sees what is read behind its end.
        const auto rest = noise(size);
        ASSERT_EQ(crc32(std::span{head}.first<28>(), rest), expected(expected(0, head), rest))
            << size;
    }
}

TEST(Crc32, nothing_behind_the_end_is_read) {
    for (std::size_t size = 1; size <= wide_to; ++size) {
        const auto bytes = noise(size);
        ASSERT_EQ(crc32(1, bytes), expected(1, bytes)) << size;
    }
}

}  // namespace
}  // namespace mycelium::base
