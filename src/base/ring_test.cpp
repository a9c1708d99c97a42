#include "base/ring.h"

#include <gtest/gtest.h>

#include <memory>

namespace mycelium::base {
namespace {

TEST(Ring, gives_back_in_order_while_it_grows_and_goes_round) {
    Ring<std::unique_ptr<int>> ring;
    int in = 0, out = 0;
    for (int round = 0; round < 1000; ++round) {
        for (int i = 0; i < round % 40; ++i) {
            ring.push_back(std::make_unique<int>(in++));
            EXPECT_EQ(*ring.back(), in - 1);
        }
        for (int i = 0; i < round % 39 && !ring.empty(); ++i) {
            EXPECT_EQ(*ring.front(), out++);
            ring.front().reset();
            ring.pop_front();
        }
        EXPECT_EQ(ring.size(), static_cast<std::size_t>(in - out));
    }
    EXPECT_GT(in, 10'000);
}

}  // namespace
}  // namespace mycelium::base
