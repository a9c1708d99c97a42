#include "market.h"

#include <gtest/gtest.h>
#include <sstream>
#include <vector>

#include "arbitrage.h"
#include "digest.h"
#include "exchange_time.h"
#include "generated_recording.h"

namespace trading {
namespace {

Market market_of(std::string text, std::uint64_t seed) {
    return {Recording::from(std::make_unique<std::istringstream>(std::move(text)), "test").value(),
            seed};
}
Market generated_market(std::uint64_t seed) { return market_of(generated_recording(seed), seed); }

std::string match(std::string_view price, std::string_view time) {
    return R"({"type":"match","side":"buy","size":"1","product_id":"BTC-USD","price":")" +
           std::string{price} + R"(","time":"2025-08-22T20:11:)" + std::string{time} + "Z\"}\n";
}

struct Told {
    MarketEvent event;
    std::uint64_t now;
};

std::vector<Told> pass_of(Market& market) {
    std::vector<Told> told;
    do {
        MarketEvent event = market.next();
        told.push_back({event, market.now()});
    } while (!std::holds_alternative<PassEnd>(told.back().event));
    return told;
}

std::string digest_of(const std::vector<Told>& told) {
    Arbitrage arbitrage;
    Digest digest;
    for (const Told& one : told) {
        std::optional<Signal> signal;
        if (const auto* trade = std::get_if<Trade>(&one.event))
            signal = arbitrage.on(*trade, one.now);
        if (const auto* swap = std::get_if<PoolSwap>(&one.event))
            signal = arbitrage.on(*swap, one.now);
        if (signal) digest.add(*signal);
    }
    EXPECT_GT(arbitrage.signals(), 10u) << "too few to prove anything";
    return digest.text();
}

TEST(Market, the_same_seed_tells_the_same_and_another_one_something_else) {
    Market one = generated_market(1);
    Market same_again = generated_market(1);
    Market other = market_of(generated_recording(1), 2);
    const auto told = pass_of(one);
    EXPECT_EQ(digest_of(told), digest_of(pass_of(same_again)));
    EXPECT_NE(digest_of(told), digest_of(pass_of(other)));
}

TEST(Market, time_never_runs_backwards_not_even_into_the_next_pass) {
    Market market = generated_market(1);
    std::uint64_t now = 0;
    for (int pass = 0; pass < 3; ++pass)
        for (const Told& one : pass_of(market)) {
            EXPECT_GE(one.now, now);
            now = one.now;
        }
}

TEST(Market, every_pass_is_the_first_one_at_a_later_time) {
    Market market = generated_market(1);
    const auto first = pass_of(market);
    const auto second = pass_of(market);
    ASSERT_EQ(first.size(), second.size());
    const std::uint64_t shift = second[0].now - first[0].now;
    EXPECT_EQ(second[0].now, first.back().now + Market::pass_gap);
    for (std::size_t i = 0; i + 1 < first.size(); ++i)
        EXPECT_EQ(first[i].now + shift, second[i].now);
}

TEST(Market, a_trade_that_comes_too_late_stands_where_it_is) {
    Market market = market_of(match("1", "10") + match("2", "30") + match("3", "20"), 1);
    std::vector<std::int64_t> prices;
    std::uint64_t now = 0;
    for (const Told& one : pass_of(market))
        if (const auto* trade = std::get_if<Trade>(&one.event)) {
            prices.push_back(trade->price / 100'000'000);
            EXPECT_GE(one.now, now);
            now = one.now;
            if (prices.back() == 3) {
                EXPECT_EQ(one.now, trade->exchange_time + 10 * second_ns);
            }
        }
    EXPECT_EQ(prices, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(Market, the_pools_rest_while_the_first_venue_is_silent) {
    Market market = market_of(match("100", "10") + match("100", "59.9"), 1);
    std::size_t swaps = 0;
    for (const Told& one : pass_of(market)) swaps += std::holds_alternative<PoolSwap>(one.event);
    EXPECT_GT(swaps, PoolVenue::silence_max / PoolVenue::pause_max / 2);
    EXPECT_LE(swaps, PoolVenue::silence_max / PoolVenue::pause_min);
}

TEST(Market, pool_prices_stay_near_the_venues) {
    Market market = generated_market(3);
    std::int64_t venue_price = 0;
    const std::uint64_t asset = std::get<Trade>(market.next()).asset_id;
    for (const Told& one : pass_of(market)) {
        if (const auto* trade = std::get_if<Trade>(&one.event); trade && trade->asset_id == asset)
            venue_price = trade->price;
        if (const auto* swap = std::get_if<PoolSwap>(&one.event);
            swap && swap->asset_id == asset && venue_price) {
            EXPECT_LT(std::abs(swap->price - venue_price), venue_price / 50);
        }
    }
}

TEST(Market, exchange_time_comes_to_an_end) {
    const auto line = [](std::string_view year) {
        return R"({"type":"match","side":"buy","size":"1","product_id":"A","price":"1","time":")" +
               std::string{year} + "-01-01T00:00:00Z\"}\n";
    };
    Market market = market_of(line("1970") + line("2261"), 1);
    int passes = 0;
    for (; market.has_next_pass(); ++passes) {
        ASSERT_LT(passes, 10);
        pass_of(market);
    }
    EXPECT_EQ(passes, 2);
}

}  // namespace
}  // namespace trading
