#include "decimal.h"

#include <gtest/gtest.h>
#include <limits>

namespace trading {
namespace {

struct Case {
    std::string_view text;
    std::int64_t value;
};

TEST(Decimal, is_exact) {
    for (const auto& [text, value] : {
             Case{"0", 0},
             Case{"0.00000001", 1},
             Case{"1", 100'000'000},
             Case{"116827.85", 11'682'785'000'000},
             Case{"0.00004147", 4147},
             Case{"0.10000000", 10'000'000},
             Case{"0001.5", 150'000'000},
             Case{"92233720368.54775807", std::numeric_limits<std::int64_t>::max()},
         }) {
        const auto parsed = parse_decimal(text);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error().message();
        EXPECT_EQ(*parsed, value) << text;
    }
}

TEST(Decimal, refuses_what_it_could_not_hold_exactly) {
    for (const std::string_view text : {"0.123456789", "0.000000000", "92233720368.54775808",
                                        "100000000000", "99999999999999999999"})
        EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(Decimal, refuses_what_is_not_plain_digits) {
    for (const std::string_view text :
         {"", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "1.2.3", "0x10", "1,5", "nan"})
        EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(Decimal, says_why_it_refuses) {
    EXPECT_EQ(parse_decimal("0.123456789").error().message(),
              "\"0.123456789\" has more than 8 decimals");
}

TEST(Decimal, is_written_as_it_was_read) {
    for (const std::string_view text : {"0.00", "116827.85", "0.00000001", "1.50", "4325.123"})
        EXPECT_EQ(format_decimal(parse_decimal(text).value()), text);
    EXPECT_EQ(format_decimal(-150'000'000), "-1.50");
    EXPECT_EQ(format_decimal(std::numeric_limits<std::int64_t>::min()), "-92233720368.54775808");
}

}  // namespace
}  // namespace trading
