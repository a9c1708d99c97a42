#include "benchmarks/raw/quantiles.h"

#include <gtest/gtest.h>

#include <numeric>

namespace mycelium::bench {
namespace {

TEST(Quantile, of_nothing_is_zero) { EXPECT_EQ(quantile({}, 0.5), 0); }

TEST(Quantile, is_the_nearest_rank) {
    std::vector<std::uint32_t> sorted(1000);
    std::iota(sorted.begin(), sorted.end(), 1u);
    EXPECT_EQ(quantile(sorted, 0.5), 500);
    EXPECT_EQ(quantile(sorted, 0.99), 990);
    EXPECT_EQ(quantile(sorted, 0.999), 999);
    EXPECT_EQ(quantile(sorted, 1.0), 1000);
    EXPECT_EQ(quantile(sorted, 0.0), 1);
}

TEST(Quantile, of_one_value_is_that_value) {
    const std::vector<std::uint32_t> one{7};
    for (double part : {0.0, 0.5, 0.999, 1.0}) EXPECT_EQ(quantile(one, part), 7);
}

TEST(Quantile, a_part_outside_of_zero_to_one_is_cut) {
    const std::vector<std::uint32_t> two{3, 9};
    EXPECT_EQ(quantile(two, -1), 3);
    EXPECT_EQ(quantile(two, 2), 9);
}

TEST(Spread, of_nothing_is_zero) {
    const Spread spread = spread_of({});
    EXPECT_EQ(spread.median, 0);
    EXPECT_EQ(spread.least, 0);
    EXPECT_EQ(spread.greatest, 0);
}

TEST(Spread, the_median_of_an_odd_number_is_the_middle_one) {
    const Spread spread = spread_of({9, 1, 4});
    EXPECT_EQ(spread.median, 4);
    EXPECT_EQ(spread.least, 1);
    EXPECT_EQ(spread.greatest, 9);
}

TEST(Spread, the_median_of_an_even_number_is_between_the_middle_two) {
    EXPECT_EQ(spread_of({10, 1, 2, 4}).median, 3);
}

}  // namespace
}  // namespace mycelium::bench
