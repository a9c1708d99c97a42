#include "exchange_time.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

TEST(ExchangeTime, counts_nanoseconds_of_the_unix_epoch) {
    EXPECT_EQ(parse_exchange_time("1970-01-01T00:00:00Z").value(), 0u);
    EXPECT_EQ(parse_exchange_time("2025-08-22T20:11:30.012637Z").value(),
              1'755'893'490'012'637'000u);
    EXPECT_EQ(parse_exchange_time("2024-02-29T23:59:59.999999999Z").value(),
              1'709'251'199'999'999'999u);
    EXPECT_EQ(parse_exchange_time("1970-01-01T00:00:01.5Z").value(), 1'500'000'000u);
}

TEST(ExchangeTime, refuses_every_other_form) {
    for (const std::string_view text :
         {"", "2025-08-22", "2025-08-22T20:11:30", "2025-08-22T20:11:30.Z",
          "2025-08-22T20:11:30.0126370000Z", "2025-08-22 20:11:30Z", "2025-02-29T00:00:00Z",
          "2025-13-01T00:00:00Z", "2025-00-10T00:00:00Z", "2025-08-22T24:00:00Z",
          "2025-08-22T20:60:00Z", "2025-08-22T20:11:60Z", "2025-08-22T20:11:30+00:00",
          "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "2025-08-22T20:11:30.12x4Z"})
        EXPECT_FALSE(parse_exchange_time(text)) << text;
}

TEST(ExchangeTime, is_written_as_it_was_read) {
    constexpr std::string_view text = "2025-08-22T20:11:30.012637Z";
    EXPECT_EQ(format_exchange_time(parse_exchange_time(text).value()), text);
}

}  // namespace
}  // namespace trading
