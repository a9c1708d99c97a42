#include "arbitrage.h"

#include <gtest/gtest.h>
#include <limits>

#include "digest.h"

namespace trading {
namespace {

constexpr std::uint64_t asset = 42;

Trade trade_at(std::int64_t price, std::int64_t volume = 10) {
    Trade trade{};
    trade.asset_id = asset;
    trade.price = price;
    trade.volume = volume;
    return trade;
}
PoolSwap swap_at(std::int64_t price, std::int64_t amount = 10) {
    PoolSwap swap;
    swap.asset_id = asset;
    swap.price = price;
    swap.amount_base = amount;
    return swap;
}

TEST(Arbitrage, buys_where_it_is_cheaper) {
    Arbitrage arbitrage;
    EXPECT_FALSE(arbitrage.on(trade_at(100'000, 7), 1000));
    const auto signal = arbitrage.on(swap_at(100'200, 3), 2000);
    ASSERT_TRUE(signal);
    EXPECT_EQ(signal->sequence, 1u);
    EXPECT_EQ(signal->asset_id, asset);
    EXPECT_EQ(signal->exchange_time, 2000u);
    EXPECT_EQ(signal->buy_price, 100'000);
    EXPECT_EQ(signal->sell_price, 100'200);
    EXPECT_EQ(signal->size, 3);
    EXPECT_EQ(signal->buy_venue, static_cast<std::uint16_t>(Venue::coinbase));
    EXPECT_EQ(signal->sell_venue, static_cast<std::uint16_t>(Venue::pool));
    EXPECT_EQ(signal->spread_bps, 20u);
}

TEST(Arbitrage, says_it_once_until_the_prices_met_or_turned_round) {
    Arbitrage arbitrage;
    arbitrage.on(trade_at(100'000), 1);
    EXPECT_TRUE(arbitrage.on(swap_at(100'150), 2));
    EXPECT_FALSE(arbitrage.on(swap_at(100'300), 3)) << "still the same opportunity";
    EXPECT_FALSE(arbitrage.on(swap_at(100'149), 4)) << "too small";
    EXPECT_TRUE(arbitrage.on(swap_at(100'150), 5)) << "a new one";
    EXPECT_TRUE(arbitrage.on(swap_at(99'000), 6)) << "the other way round";
    EXPECT_EQ(arbitrage.signals(), 3u);
}

TEST(Arbitrage, does_not_compare_prices_that_are_far_apart_in_time) {
    Arbitrage arbitrage;
    arbitrage.on(trade_at(100'000), 1);
    EXPECT_FALSE(arbitrage.on(swap_at(200'000), 2 + Arbitrage::window));
    EXPECT_TRUE(arbitrage.on(trade_at(100'000), 2 + 2 * Arbitrage::window));
}

TEST(Arbitrage, assets_have_nothing_to_do_with_each_other) {
    Arbitrage arbitrage;
    arbitrage.on(trade_at(100'000), 1);
    PoolSwap other = swap_at(200'000);
    other.asset_id = asset + 1;
    EXPECT_FALSE(arbitrage.on(other, 2));
}

TEST(Arbitrage, forgets_all_prices_with_the_pass) {
    Arbitrage arbitrage;
    arbitrage.on(trade_at(100'000), 1);
    arbitrage.end_pass();
    EXPECT_FALSE(arbitrage.on(swap_at(200'000), 2));
}

TEST(Arbitrage, prices_that_nobody_sent_in_earnest_do_no_harm) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    Arbitrage arbitrage;
    for (const std::int64_t price :
         {most, least, std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}}) {
        arbitrage.on(trade_at(price), 1);
        for (const std::int64_t other : {most, least, std::int64_t{0}, std::int64_t{1}})
            arbitrage.on(swap_at(other), 2);
    }
    EXPECT_GT(arbitrage.signals(), 0u);
}

TEST(Digest, tells_signals_apart_by_every_field) {
    const auto digest_of = [](const Signal& signal) {
        Digest digest;
        digest.add(signal);
        return digest.text();
    };
    const Signal plain{1, 2, 3, 4, 5, 6, 7, 8, 9};
    EXPECT_EQ(digest_of(plain), digest_of(plain));
    for (const Signal& other :
         {Signal{0, 2, 3, 4, 5, 6, 7, 8, 9}, Signal{1, 0, 3, 4, 5, 6, 7, 8, 9},
          Signal{1, 2, 0, 4, 5, 6, 7, 8, 9}, Signal{1, 2, 3, 0, 5, 6, 7, 8, 9},
          Signal{1, 2, 3, 4, 0, 6, 7, 8, 9}, Signal{1, 2, 3, 4, 5, 0, 7, 8, 9},
          Signal{1, 2, 3, 4, 5, 6, 0, 8, 9}, Signal{1, 2, 3, 4, 5, 6, 7, 0, 9},
          Signal{1, 2, 3, 4, 5, 6, 7, 8, 0}})
        EXPECT_NE(digest_of(plain), digest_of(other));
}

TEST(Digest, of_nothing_is_the_offset_basis) { EXPECT_EQ(Digest{}.text(), "cbf29ce484222325"); }

}  // namespace
}  // namespace trading
