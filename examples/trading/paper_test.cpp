#include "paper.h"

#include <gtest/gtest.h>
#include <limits>

#include "decimal.h"

namespace trading {
namespace {

Signal signal_of(std::int64_t buy, std::int64_t sell, std::int64_t size) {
    Signal signal;
    signal.sequence = 7;
    signal.asset_id = 42;
    signal.exchange_time = 99;
    signal.buy_price = buy;
    signal.sell_price = sell;
    signal.size = size;
    return signal;
}

TEST(Paper, fills_both_sides_and_takes_its_fee) {
    Paper paper;
    const Fill fill =
        paper.on(signal_of(100'000 * decimal_one, 100'200 * decimal_one, decimal_one / 2));
    EXPECT_EQ(fill.sequence, 1u);
    EXPECT_EQ(fill.signal_sequence, 7u);
    EXPECT_EQ(fill.asset_id, 42u);
    EXPECT_EQ(fill.exchange_time, 99u);
    EXPECT_EQ(fill.fee, parse_decimal("50.05").value());     // 5 bps of 50,000 and of 50,100
    EXPECT_EQ(fill.profit, parse_decimal("49.95").value());  // of the 100 that they are apart
    paper.on(signal_of(100'000 * decimal_one, 100'200 * decimal_one, decimal_one / 2));
    EXPECT_EQ(paper.fills(), 2u);
    EXPECT_EQ(paper.profit(), 2 * fill.profit);
    EXPECT_EQ(paper.fees(), 2 * fill.fee);
}

TEST(Paper, a_spread_below_its_fees_is_a_loss) {
    Paper paper;
    EXPECT_LT(paper.on(signal_of(1'000 * decimal_one, 1'000 * decimal_one, decimal_one)).profit, 0);
}

TEST(Paper, more_money_than_there_is_saturates) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    Paper paper;
    for (int i = 0; i < 3; ++i) paper.on(signal_of(1, most, most));
    EXPECT_EQ(paper.profit(), most);
    EXPECT_EQ(paper.fees(), most);
    EXPECT_EQ(paper.on(signal_of(1, most, -most)).profit, 0);
}

}  // namespace
}  // namespace trading
