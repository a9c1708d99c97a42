#include "host/transport/collecting.h"

#include <gtest/gtest.h>

namespace mycelium::transport {
namespace {

constexpr int loans = 1600;

/// How many of many loans looked, where each takes so many ticks.
int looks_of(std::uint64_t ticks_each, bool is_counted = true) {
    Collecting collecting;
    int looks = 0;
    std::uint64_t now = 1'000'000;
    for (int i = 0; i < loans; ++i) {
        now += ticks_each;
        if (!collecting.is_due()) continue;
        ++looks;
        collecting.looked(is_counted ? now : 0);
    }
    return looks;
}

TEST(Collecting, leaves_out_most_looks_in_a_stream) {
    const int looks = looks_of(500);
    EXPECT_GE(looks, loans / (1 + static_cast<int>(Collecting::looks_left_out)));
    EXPECT_LE(looks, 2 + loans / (1 + static_cast<int>(Collecting::looks_left_out)));
}

TEST(Collecting, looks_each_time_where_everything_comes_back_or_nobody_counts_ticks) {
    EXPECT_EQ(looks_of(500, false), loans);
}

TEST(Collecting, looks_each_time_where_somebody_fills_what_he_is_lent) {
    EXPECT_EQ(looks_of(10'000), loans);
}

TEST(Collecting, looks_each_time_again_after_a_stream) {
    Collecting collecting;
    std::uint64_t now = 1'000'000;
    while (collecting.is_due()) collecting.looked(now += 500);
    while (!collecting.is_due()) {
    }
    collecting.looked(now += 1'000'000);
    EXPECT_TRUE(collecting.is_due());
}

}  // namespace
}  // namespace mycelium::transport
