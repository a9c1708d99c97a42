#include "pool.h"

#include <gtest/gtest.h>
#include <limits>

#include "decimal.h"
#include "wide.h"

namespace trading {
namespace {

TEST(Pool, opens_at_its_price) {
    const auto pool = Pool::at_price(2000 * decimal_one);
    ASSERT_TRUE(pool);
    EXPECT_EQ(pool->base(), 1000 * decimal_one);
    EXPECT_EQ(pool->quote(), 2'000'000 * decimal_one);
    EXPECT_EQ(pool->price(), 2000 * decimal_one);
}

TEST(Pool, a_swap_is_worth_what_the_formula_says) {
    Pool pool = Pool::at_price(2000 * decimal_one).value();
    const auto swap = pool.buy_base(2000 * decimal_one);
    ASSERT_TRUE(swap);
    // 1000 * 1994 / (2000000 + 1994), in units of 1e-8, rounded down.
    EXPECT_EQ(swap->base, 99'600'698);
    EXPECT_EQ(swap->quote, 2000 * decimal_one);
    EXPECT_EQ(pool.base(), 1000 * decimal_one - 99'600'698);
    EXPECT_EQ(pool.quote(), 2'002'000 * decimal_one);
}

TEST(Pool, the_product_never_shrinks_and_prices_follow_the_swaps) {
    Pool pool = Pool::at_price(118 * decimal_one).value();
    for (int i = 1; i < 1000; ++i) {
        const Wide product = wide(pool.base()) * pool.quote();
        const std::int64_t price = pool.price();
        const bool is_buy = i % 3 != 0;
        const auto swap =
            is_buy ? pool.buy_base(pool.quote() / 1000) : pool.sell_base(pool.base() / 1000);
        ASSERT_TRUE(swap);
        EXPECT_TRUE(wide(pool.base()) * pool.quote() > product);
        EXPECT_TRUE(is_buy ? pool.price() > price : pool.price() < price);
    }
}

TEST(Pool, refuses_what_would_pass_its_limits) {
    EXPECT_FALSE(Pool::at_price(0));
    EXPECT_FALSE(Pool::at_price(1)) << "base would not fit";
    EXPECT_FALSE(Pool::at_price(std::numeric_limits<std::int64_t>::max())) << "too little base";
    Pool pool = Pool::at_price(2000 * decimal_one).value();
    for (const std::int64_t amount : {std::int64_t{0}, std::int64_t{-1}, Pool::reserve_max,
                                      std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_FALSE(pool.buy_base(amount));
        EXPECT_FALSE(pool.sell_base(amount));
    }
    EXPECT_EQ(pool.price(), 2000 * decimal_one) << "a refused swap must change nothing";
}

TEST(Pool, a_swap_too_small_to_yield_anything_is_refused) {
    Pool pool = Pool::at_price(116'827 * decimal_one).value();
    EXPECT_FALSE(pool.buy_base(1));
}

}  // namespace
}  // namespace trading
