#include "free_ports.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

TEST(FreePorts, are_in_the_range_that_is_searched) {
    const auto port = free_ports(6).value();
    EXPECT_GE(port, 20'000);
    EXPECT_LE(port, 26'000);
}

}  // namespace
}  // namespace trading
