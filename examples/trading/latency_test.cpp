#include "latency.h"

#include <gtest/gtest.h>
#include <cstdint>

namespace trading {
namespace {

TEST(Latency, of_nothing_has_no_quantile) { EXPECT_FALSE(Latency{}.quantile_us(0.5)); }

TEST(Latency, small_values_are_exact) {
    Latency latency;
    for (std::uint64_t ns = 1; ns <= 50; ++ns) latency.add(ns);
    EXPECT_DOUBLE_EQ(latency.quantile_us(0.5).value(), 0.025);
    EXPECT_DOUBLE_EQ(latency.quantile_us(1.0).value(), 0.050);
    EXPECT_DOUBLE_EQ(latency.quantile_us(0.0).value(), 0.001);
}

TEST(Latency, every_magnitude_is_right_within_two_percent) {
    for (std::uint64_t ns = 1; ns < UINT64_MAX / 3; ns = ns * 2 + ns / 3 + 1) {
        Latency latency;
        latency.add(ns);
        const double us = static_cast<double>(ns) / 1000.0;
        EXPECT_NEAR(latency.quantile_us(0.5).value(), us, us * 0.016) << ns;
    }
    Latency latency;
    latency.add(UINT64_MAX);
    EXPECT_GT(latency.quantile_us(0.5).value(), 1.8e16);
}

TEST(Latency, a_quantile_is_the_value_that_so_many_do_not_exceed) {
    Latency latency;
    for (int i = 0; i < 99; ++i) latency.add(10);
    latency.add(60);
    EXPECT_DOUBLE_EQ(latency.quantile_us(0.99).value(), 0.010);
    EXPECT_DOUBLE_EQ(latency.quantile_us(0.991).value(), 0.060);
}

TEST(Latency, adds_up) {
    Latency one;
    Latency other;
    one.add(10);
    other.add(20);
    one.add(other);
    EXPECT_EQ(one.count(), 2u);
    EXPECT_DOUBLE_EQ(one.quantile_us(1.0).value(), 0.020);
}

}  // namespace
}  // namespace trading
