#include "messages.h"

#include <gtest/gtest.h>
#include <fstream>
#include <sstream>
#include <string>

#include "asset.h"
#include "decimal.h"

namespace trading {
namespace {

constexpr std::uint64_t exchange_time = 1'755'893'490'012'637'000;
constexpr std::size_t dump_columns =
    24;  // eight bytes in hexadecimal; the fields' names stand behind

/// The bytes of the dump of that name in docs/formats/trading.md, as "0b 40 …".
std::string documented(const std::string& name) {
    std::ifstream file{std::string{MYCELIUM_SOURCE_DIR} + "/docs/formats/trading.md"};
    std::string bytes;
    std::string line;
    while (std::getline(file, line) && line != "<!-- dump: " + name + " -->") {
    }
    std::getline(file, line);  // ```hex
    while (std::getline(file, line) && line != "```") {
        std::istringstream words{line.substr(0, dump_columns)};
        for (std::string word; words >> word;) bytes += word + " ";
    }
    return bytes;
}

template <class T>
std::string encoded(const T& value) {
    mycelium::tlv::Writer writer;
    writer.add(value).value();
    std::string bytes;
    for (const std::byte byte : writer.payload()) {
        constexpr std::string_view digits = "0123456789abcdef";
        bytes += digits[std::to_integer<std::size_t>(byte) >> 4];
        bytes += digits[std::to_integer<std::size_t>(byte) & 15];
        bytes += ' ';
    }
    return bytes;
}

TEST(Messages, a_pool_swap_is_as_documented) {
    PoolSwap swap;
    swap.asset_id = asset_id_of("BTC-USD").value();
    swap.price = 100'200 * decimal_one;
    swap.amount_base = decimal_one / 2;
    swap.amount_quote = parse_decimal("50075.15").value();
    swap.reserve_base = parse_decimal("19.96").value();
    swap.reserve_quote = 1'999'992 * decimal_one;
    swap.exchange_time = exchange_time;
    swap.venue = static_cast<std::uint16_t>(Venue::pool);
    swap.asset_type = asset_type_pair;
    swap.side = side_buy;
    EXPECT_EQ(swap.price, swap.reserve_quote / swap.reserve_base * decimal_one);
    EXPECT_EQ(encoded(swap), documented("pool swap"));
}

TEST(Messages, a_signal_is_as_documented) {
    const Signal signal{1,
                        asset_id_of("BTC-USD").value(),
                        exchange_time,
                        100'000 * decimal_one,
                        100'200 * decimal_one,
                        decimal_one / 2,
                        1,
                        2,
                        20};
    EXPECT_EQ(encoded(signal), documented("signal"));
}

TEST(Messages, a_watermark_is_as_documented) {
    Watermark mark;
    mark.exchange_time = exchange_time;
    mark.passes = 2;
    mark.venue = static_cast<std::uint16_t>(Venue::pool);
    mark.is_final = 1;
    EXPECT_EQ(encoded(mark), documented("watermark"));

    // The one field that is 0 in the dump.
    mark.began_late = 1;
    std::string late = documented("watermark");
    late.replace((2 + 19) * 3, 2, "01");
    EXPECT_EQ(encoded(mark), late);
}

TEST(Messages, a_strategy_report_is_as_documented) {
    StrategyReport report;
    report.trades = 20'000;
    report.swaps = 1'500;
    report.passes = 1;
    report.signals = 300;
    report.missed = 7;
    report.exchange_time = exchange_time;
    report.digest = 0x0123456789abcdef;
    report.has_digest = 1;
    EXPECT_EQ(encoded(report), documented("strategy report"));
}

TEST(Messages, a_fill_is_as_documented) {
    Fill fill;
    fill.sequence = 1;
    fill.signal_sequence = 1;
    fill.asset_id = asset_id_of("BTC-USD").value();
    fill.exchange_time = exchange_time;
    fill.buy_price = 100'000 * decimal_one;
    fill.sell_price = 100'200 * decimal_one;
    fill.size = decimal_one / 2;
    fill.fee = parse_decimal("50.05").value();
    fill.profit = parse_decimal("49.95").value();
    EXPECT_EQ(encoded(fill), documented("fill"));
}

TEST(Messages, an_execution_report_is_as_documented) {
    ExecutionReport report;
    report.signals = 300;
    report.fills = 300;
    report.missed = 2;
    report.fees = parse_decimal("50.05").value();
    report.profit = -parse_decimal("49.95").value();
    report.is_final = 1;
    EXPECT_EQ(encoded(report), documented("execution report"));
}

TEST(Messages, belong_to_their_domains) {
    const auto domain_of = [](const mycelium::Schema& schema) {
        return mycelium::tlv::domain_of(schema.tlv_type);
    };
    EXPECT_EQ(domain_of(mycelium::schema_of<Watermark>()), 1);
    EXPECT_EQ(domain_of(mycelium::schema_of<StrategyReport>()), 2);
    EXPECT_EQ(domain_of(mycelium::schema_of<Fill>()), 3);
    EXPECT_EQ(domain_of(mycelium::schema_of<ExecutionReport>()), 3);
    EXPECT_EQ(mycelium::tlv::domain_of(mycelium::schema_of<PoolSwap>().tlv_type), 1);
    EXPECT_EQ(mycelium::tlv::domain_of(mycelium::schema_of<Signal>().tlv_type), 2);
}

}  // namespace
}  // namespace trading
