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

TEST(Crc32, every_size_at_every_alignment_from_every_beginning) {
    const auto bytes = noise(1100);
    for (std::size_t size = 0; size <= 1040; ++size)
        for (std::size_t from = 0; from < 33; from += size % 3 + 1)
            for (const std::uint32_t crc : {0u, 0xffffffffu, 0x12345678u}) {
                const std::span part = std::span{bytes}.subspan(from, size);
                ASSERT_EQ(crc32(crc, part), expected(crc, part)) << size << " from " << from;
            }
}

TEST(Crc32, nothing_behind_the_end_is_read) {
    for (std::size_t size = 1; size <= 700; ++size) {
        const auto bytes = noise(size);  // of its own, so that the address sanitizer sees it
        ASSERT_EQ(crc32(1, bytes), expected(1, bytes)) << size;
    }
}

TEST(Crc32, large_ones) {
    const auto bytes = noise(3'000'017);
    EXPECT_EQ(crc32(0, bytes), expected(0, bytes));
    EXPECT_EQ(crc32(9, std::span{bytes}.subspan(3)), expected(9, std::span{bytes}.subspan(3)));
}

TEST(Crc32, a_head_and_what_follows) {
    const auto bytes = noise(28 + 600);
    for (std::size_t size = 0; size <= 600; ++size) {
        const std::span all = std::span{bytes}.first(28 + size);
        ASSERT_EQ(crc32(all.first<28>(), all.subspan(28)), expected(0, all)) << size;
    }
}

}  // namespace
}  // namespace mycelium::base
