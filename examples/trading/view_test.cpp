#include "view.h"

#include <gtest/gtest.h>
#include <sstream>

#include "asset.h"

namespace trading {
namespace {

constexpr std::uint64_t sent_at = 1'000'000'000;
constexpr Times ten_us{sent_at, sent_at + 4'000, sent_at + 10'000};
constexpr std::size_t queue_full = static_cast<std::size_t>(mycelium::DropReason::queue_full);

/// One trade, one swap, one signal and one fill, each 10 us under way.
Tally small_tally() {
    Trade trade;
    trade.asset_id = asset_id_of("BTC-USD").value();
    trade.price = 11'682'785'000'000;
    PoolSwap swap;
    swap.asset_id = trade.asset_id;
    swap.price = 11'700'000'000'000;
    const Signal signal{1, trade.asset_id, 5, trade.price, swap.price, 150'000'000, 1, 2, 14};
    Tally tally;
    tally.add(trade, ten_us);
    tally.add(swap, ten_us);
    tally.add(signal, ten_us);
    tally.add(Fill{}, ten_us);
    return tally;
}

StrategyReport report_with_digest() {
    StrategyReport report;
    report.digest = 0x0123456789abcdef;
    report.has_digest = 1;
    return report;
}

TEST(View, the_summary_is_a_json_object_that_the_ledger_completes) {
    Tally tally = small_tally();
    tally.add(report_with_digest(), {});
    ExecutionReport execution;
    execution.profit = -1'250'000'000;
    tally.add(execution, {});
    Ending ending;
    ending.mode = "threads";
    ending.profile = {{"pools", 1'500'000'000}, {"table", 2'000'000}};
    EXPECT_EQ(summary_json(tally, ending),
              R"({"messages":2,"signals":1,"signals_digest":"0123456789abcdef",)"
              R"("losses":0,"p50_us":10.1,"p99_us":10.1,"fills":1,"profit":-12.50,)"
              R"("mode":"threads","trades_per_second":0,)"
              R"("profile":{"pools":1.500,"table":0.002})");
}

TEST(View, what_has_no_value_is_null) {
    EXPECT_EQ(summary_json(Tally{}, {}),
              R"({"messages":0,"signals":0,"signals_digest":null,"losses":0,"p50_us":null,)"
              R"("p99_us":null,"fills":0,"profit":0.00,"mode":"","trades_per_second":0,)"
              R"("profile":{})");
}

TEST(View, the_table_shows_prices_hops_and_the_last_signal) {
    Surroundings around;
    around.relays[0] = RelayState{"running", 17, 5'000, "pools open"};
    const std::string text = table_text(small_tally(), around, false);
    EXPECT_NE(text.find("BTC-USD"), std::string::npos) << text;
    EXPECT_NE(text.find("116827.85"), std::string::npos);
    EXPECT_NE(text.find("buy 1.50 BTC-USD at 116827.85 on coinbase\n"), std::string::npos);
    EXPECT_NE(text.find("sell at 117000.00 on pool, 14 bps\n"), std::string::npos);
    EXPECT_NE(text.find("4.0/4.0"), std::string::npos) << "to the relay";
    EXPECT_NE(text.find("6.0/6.0"), std::string::npos) << "from the relay";
    EXPECT_NE(text.find("17 pools open\n"), std::string::npos);
    EXPECT_NE(text.find("silent\n"), std::string::npos) << "the other relays say nothing";
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "no colours were asked for";
    EXPECT_NE(table_text(small_tally(), around, true).find('\x1b'), std::string::npos);
}

TEST(View, the_table_fits_into_80_columns_and_24_rows) {
    Tally tally = small_tally();
    for (std::uint64_t id = 1; id < 30; ++id) {
        Trade trade;
        trade.asset_id = id;
        trade.price = 11'682'785'123'456;
        tally.add(trade, {sent_at, sent_at, sent_at + 99'999'999'000});
    }
    tally.add(Signal{1, asset_id_of("BTC-USD").value(), 5, 11'682'785'123'456, 11'682'785'123'456,
                     4'147'123'456, 1, 2, 10'000},
              ten_us);
    Surroundings around;
    around.rates = {1e7, 1e7, 1e7, 1e7};
    around.seconds = 1'000'000;
    around.relays.fill(RelayState{"draining", 999'999, 0, "coinbase half-open, pools half-open"});
    const std::string text = table_text(tally, around, false);
    std::istringstream lines{text};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_LT(line.size(), 80u) << line;
    EXPECT_LT(count, 24u);
}

TEST(View, losses_come_with_their_reasons) {
    Tally tally = small_tally();
    tally.set_missed(3);
    Ending ending;
    ending.missed[queue_full] = 3;
    EXPECT_EQ(tally.losses(), 3u);
    EXPECT_NE(summary_text(tally, ending).find("losses          3 (queue_full 3)"),
              std::string::npos)
        << summary_text(tally, ending);
}

TEST(View, where_there_is_a_ledger_the_losses_are_filled_in_from_it) {
    Tally tally = small_tally();
    tally.set_missed(3);  // of 7: another run had missed 4
    Ending ending;
    ending.has_ledger = true;
    MissedBy missed{};
    missed[queue_full] = 4;
    missed[ledger_publisher_gone] = 3;
    const std::string text = with_losses(summary_text(tally, ending), missed, false);
    EXPECT_NE(text.find("losses          7 (queue_full 4, publisher_gone 3)\n"), std::string::npos)
        << text;
    const std::string json = with_losses(summary_json(tally, ending), missed, true);
    EXPECT_NE(json.find(R"("losses":7,"p50_us")"), std::string::npos) << json;
}

TEST(Tally, is_complete_when_everybody_has_said_that_nothing_follows) {
    Tally tally = small_tally();
    StrategyReport strategy;
    ExecutionReport execution;
    Watermark mark;
    strategy.is_final = execution.is_final = mark.is_final = 1;
    tally.add(strategy, {});
    tally.add(execution, {});
    mark.venue = static_cast<std::uint16_t>(Venue::coinbase);
    tally.add(mark, {});
    EXPECT_FALSE(tally.is_complete()) << "the pools may go on";
    mark.venue = static_cast<std::uint16_t>(Venue::pool);
    tally.add(mark, {});
    EXPECT_TRUE(tally.is_complete());
    mark.is_final = 0;
    tally.add(mark, {});
    EXPECT_FALSE(tally.is_complete()) << "they have begun again";
}

TEST(Tally, losses_are_those_of_all_who_read) {
    Tally tally;
    StrategyReport strategy;
    strategy.missed = 5;
    ExecutionReport execution;
    execution.missed = 2;
    tally.add(strategy, {});
    tally.add(execution, {});
    tally.set_missed(3);
    EXPECT_EQ(tally.losses(), 10u);
}

TEST(Tally, counts_trades_by_the_time_between_the_first_and_the_last) {
    Tally tally;
    tally.add(Trade{}, {0, 0, 1'000'000'000});
    EXPECT_DOUBLE_EQ(tally.trades_per_second(), 0);
    tally.add(Trade{}, {0, 0, 1'500'000'000});
    EXPECT_DOUBLE_EQ(tally.trades_per_second(), 4);
}

TEST(Tally, a_clock_that_was_set_back_is_no_latency) {
    Tally tally;
    tally.add(Trade{}, {sent_at, sent_at - 3, sent_at - 5});
    EXPECT_DOUBLE_EQ(tally.latency().quantile_us(1).value(), 0);
}

TEST(Tally, keeps_the_prices_of_so_many_assets) {
    Tally tally;
    for (std::uint64_t id = 1; id <= Tally::assets_max + 5; ++id) {
        Trade trade;
        trade.asset_id = id;
        tally.add(trade, {});
    }
    EXPECT_EQ(tally.prices().size(), Tally::assets_max);
}

}  // namespace
}  // namespace trading
