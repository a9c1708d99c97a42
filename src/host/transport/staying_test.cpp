#include "host/transport/staying.h"

#include <gtest/gtest.h>

namespace mycelium::transport {
namespace {

constexpr std::uint64_t us = 1'000;
constexpr std::size_t large = 1 * MiB;

/// For how long it goes on trying, in microseconds, where nobody takes anything.
std::uint64_t tries_for(Staying& staying, std::uint64_t& now) {
    const std::uint64_t begin = now;
    while (staying.try_again(now)) now += us;
    return (now - begin) / us;
}

TEST(Staying, with_a_large_message_while_its_reader_takes) {
    Staying staying;
    std::uint64_t now = 1;
    staying.begin(large);
    for (int i = 0; i < 50; ++i, now += us) {
        for (int tries = 0; tries < 10; ++tries) ASSERT_TRUE(staying.try_again(now += us)) << i;
        staying.took();
    }
}

TEST(Staying, not_with_a_small_one_nor_for_the_driver) {
    Staying staying;
    EXPECT_FALSE(staying.try_again(1)) << "before begin()";
    staying.begin(1 * KiB);
    EXPECT_FALSE(staying.try_again(2));
    staying.begin(large);
    staying.end();
    EXPECT_FALSE(staying.try_again(3));
}

TEST(Staying, not_for_long_where_nothing_is_taken_and_seldom_where_it_never_is) {
    Staying staying;
    std::uint64_t now = 1, tried = 0;
    staying.begin(large);
    EXPECT_LE(tries_for(staying, now), 60u);
    constexpr std::uint64_t messages = 10'000;
    for (std::uint64_t i = 0; i < messages; ++i, now += 1000 * us) {
        staying.end();
        staying.begin(large);
        tried += tries_for(staying, now);
    }
    EXPECT_LT(tried, messages / 5);
}

TEST(Staying, not_for_ever_where_a_little_is_taken_each_time) {
    Staying staying;
    for (const std::size_t bytes : {large, 1000 * large}) {
        std::uint64_t now = 1;
        staying.begin(bytes);
        while (staying.try_again(now) && now < 1'000'000 * us) {
            staying.took();
            now += us;
        }
        EXPECT_LE(now, std::min<std::uint64_t>(bytes, 4'000 * us) + 2 * us);
        staying.end();
    }
}

}  // namespace
}  // namespace mycelium::transport
