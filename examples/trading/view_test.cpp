#include "view.h"

#include <gtest/gtest.h>
#include <sstream>

#include "asset.h"

namespace trading {
namespace {

constexpr std::uint64_t sent_at = 1'000'000'000;

/// As it comes from a subscriber; `missed` messages before it did not.
template <class T>
mycelium::Sample<T> sample_of(const T& value, std::uint64_t missed = 0) {
    mycelium::Message message;
    message.header.timestamp = sent_at;
    message.payload = mycelium::payload_of(value);
    message.missed.add(mycelium::DropReason::queue_full, missed);
    return mycelium::Sample<T>::from(message).value();
}

/// One trade, one swap and one signal, each 10 us under way.
Tally small_tally() {
    static Trade trade;
    trade.asset_id = asset_id_of("BTC-USD").value();
    trade.price = 11'682'785'000'000;
    static PoolSwap swap;
    swap.asset_id = trade.asset_id;
    swap.price = 11'700'000'000'000;
    static const Signal signal{1, trade.asset_id, 5, trade.price, swap.price, 150'000'000, 1, 2,
                               14};
    Tally tally;
    tally.add(sample_of(trade), sent_at + 10'000);
    tally.add(sample_of(swap), sent_at + 10'000);
    tally.add(sample_of(signal), sent_at + 10'000);
    return tally;
}

TEST(View, the_summary_is_one_json_object) {
    Tally tally = small_tally();
    tally.add(Report{1, 1, 1, 1, 0, "0123456789abcdef", true});
    EXPECT_EQ(summary_json(tally),
              R"({"messages":2,"signals":1,"signals_digest":"0123456789abcdef",)"
              R"("losses":0,"p50_us":10.1,"p99_us":10.1})"
              "\n");
}

TEST(View, what_has_no_value_is_null) {
    EXPECT_EQ(
        summary_json(Tally{}),
        R"({"messages":0,"signals":0,"signals_digest":null,"losses":0,"p50_us":null,"p99_us":null})"
        "\n");
}

TEST(View, the_table_shows_prices_and_the_last_signal) {
    const std::string text = table_text(small_tally(), {}, 3, false);
    EXPECT_NE(text.find("BTC-USD"), std::string::npos) << text;
    EXPECT_NE(text.find("116827.85"), std::string::npos);
    EXPECT_NE(text.find("buy 1.50 BTC-USD at 116827.85 on coinbase\n"), std::string::npos);
    EXPECT_NE(text.find("sell at 117000.00 on pool, 14 bps\n"), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "no colours were asked for";
    EXPECT_NE(table_text(small_tally(), {}, 3, true).find('\x1b'), std::string::npos);
}

TEST(View, the_table_fits_into_80_columns_and_24_rows) {
    Tally tally = small_tally();
    for (std::uint64_t id = 1; id < 30; ++id) {
        Trade trade;
        trade.asset_id = id;
        trade.price = 11'682'785'123'456;
        tally.add(sample_of(trade), sent_at + 99'999'999'000);
    }
    tally.add(sample_of(Signal{1, asset_id_of("BTC-USD").value(), 5, 11'682'785'123'456,
                               11'682'785'123'456, 4'147'123'456, 1, 2, 10'000}),
              sent_at);
    const std::string text = table_text(tally, {1e7, 1e7, 1e7}, 1'000'000, false);
    std::istringstream lines{text};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_LT(line.size(), 80u) << line;
    EXPECT_LT(count, 24u);
}

TEST(View, losses_come_with_their_reasons) {
    Tally tally = small_tally();
    tally.add(sample_of(Trade{}, 3), sent_at);
    EXPECT_EQ(tally.losses(), 3u);
    EXPECT_NE(summary_text(tally).find("losses          3 (queue_full 3)"), std::string::npos)
        << summary_text(tally);
}

TEST(Tally, is_complete_when_all_that_was_published_is_here_or_known_to_be_lost) {
    Tally tally = small_tally();
    EXPECT_FALSE(tally.is_complete()) << "nobody has said that it is over";
    tally.add(Report{4, 1, 1, 1, 0, "", false});
    EXPECT_FALSE(tally.is_complete());
    tally.add(Report{4, 1, 1, 1, 0, "", true});
    EXPECT_FALSE(tally.is_complete()) << "three trades may be under way";
    tally.add(sample_of(Trade{}, 2), sent_at);
    EXPECT_TRUE(tally.is_complete());
    EXPECT_EQ(tally.losses(), 2u);
}

TEST(Tally, what_never_came_is_lost_at_the_end_whoever_missed_it) {
    Tally tally = small_tally();
    tally.add(Report{2, 4, 1, 1, 5, "", true});
    EXPECT_EQ(tally.losses(), 1u + 3u + 0u + 5u);
}

TEST(Tally, a_clock_that_was_set_back_is_no_latency) {
    Tally tally;
    tally.add(sample_of(Trade{}), sent_at - 5);
    EXPECT_DOUBLE_EQ(tally.latency().quantile_us(1).value(), 0);
}

TEST(Tally, keeps_the_prices_of_so_many_assets) {
    Tally tally;
    for (std::uint64_t id = 1; id <= Tally::assets_max + 5; ++id) {
        Trade trade;
        trade.asset_id = id;
        tally.add(sample_of(trade), sent_at);
    }
    EXPECT_EQ(tally.prices().size(), Tally::assets_max);
}

}  // namespace
}  // namespace trading
