#include "asset.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

TEST(Asset, is_turned_back_into_its_name) {
    for (const std::string_view name : {"BTC-USD", "ETH-USD", "A", "------------", "1INCH-USDT99"})
        EXPECT_EQ(asset_name_of(asset_id_of(name).value()), name);
}

TEST(Asset, refuses_names_that_do_not_fit) {
    for (const std::string_view name : {"", "THIRTEENCHARS", "btc-usd", "A_B", "BTC/USD", "\0"})
        EXPECT_FALSE(asset_id_of(name)) << name;
}

TEST(Asset, a_number_that_is_none_is_a_question_mark) {
    EXPECT_EQ(asset_name_of(0), "?");
    EXPECT_EQ(asset_name_of(38), "?");
    EXPECT_EQ(asset_name_of(UINT64_MAX), "?");
}

}  // namespace
}  // namespace trading
