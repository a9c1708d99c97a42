#include "coinbase.h"

#include <gtest/gtest.h>
#include <string>

#include "asset.h"

namespace trading {
namespace {

constexpr std::string_view match =
    R"({"type":"match","trade_id":865127782,"side":"buy","size":"0.00004147","price":"116827.85",)"
    R"("product_id":"BTC-USD","sequence":110614077300,"time":"2025-08-22T20:11:30.012637Z"})";

std::string with(std::string_view what, std::string_view instead) {
    std::string line{match};
    const std::size_t at = line.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return line.replace(at, what.size(), instead);
}

TEST(Coinbase, a_match_is_a_trade) {
    CoinbaseReader reader;
    const Trade trade = reader.read(match).value().value();
    EXPECT_EQ(asset_name_of(trade.asset_id), "BTC-USD");
    EXPECT_EQ(trade.price, 11'682'785'000'000);
    EXPECT_EQ(trade.volume, 4147);
    EXPECT_EQ(trade.exchange_time, 1'755'893'490'012'637'000u);
    EXPECT_EQ(trade.venue, static_cast<std::uint16_t>(Venue::coinbase));
}

TEST(Coinbase, the_side_is_the_takers) {
    CoinbaseReader reader;
    EXPECT_EQ(reader.read(match).value()->side, side_sell);
    EXPECT_EQ(reader.read(with(R"("buy")", R"("sell")")).value()->side, side_buy);
}

TEST(Coinbase, the_last_match_before_subscribing_counts_and_other_types_are_passed_over) {
    CoinbaseReader reader;
    EXPECT_TRUE(reader.read(with(R"("match")", R"("last_match")")).value());
    EXPECT_FALSE(reader.read(R"({"type":"heartbeat","sequence":90})").value());
}

TEST(Coinbase, a_bad_message_says_what_is_wrong) {
    struct Case {
        std::string line;
        std::string_view reason;
    };
    CoinbaseReader reader;
    for (const auto& [line, reason] : {
             Case{"{", "is not JSON"},
             Case{std::string{match} + "x", "is not JSON"},
             Case{"[1]", "is not a JSON object"},
             Case{"{}", "type is missing"},
             Case{R"({"type":7})", "type is not a string"},
             Case{with(R"("116827.85")", R"("116827.850000001")"),
                  "price: \"116827.850000001\" has more than 8"},
             Case{with(R"("116827.85")", R"("0.000000000")"), "has more than 8 decimals"},
             Case{with(R"("116827.85")", "116827.85"), "price is not a string"},
             Case{with(R"("116827.85")", R"("-1")"), "price: \"-1\" is not a decimal number"},
             Case{with(R"("0.00004147")", R"("0.0")"), "size is zero"},
             Case{with(R"("size")", R"("weight")"), "size is missing"},
             Case{with(R"("buy")", R"("hold")"), "side is neither buy nor sell"},
             Case{with("BTC-USD", "btc"), "product_id has a character"},
             Case{with("20:11:30", "20:11:60"), "time is not of the form"},
         }) {
        const auto trade = reader.read(line);
        ASSERT_FALSE(trade) << line;
        EXPECT_NE(trade.error().message().find(reason), std::string::npos)
            << trade.error().message();
    }
    EXPECT_EQ(reader.read("{").error().message(), "is not JSON")
        << "without the parser's own words";
    EXPECT_TRUE(reader.read(match).value()) << "it must go on after a bad one";
}

}  // namespace
}  // namespace trading
