#include "base/count.h"

#include <gtest/gtest.h>

namespace mycelium::base {
namespace {

TEST(Count, counts_up_and_down) {
    Count count;
    ++count;
    count += 5;
    --count;
    count -= 2;
    EXPECT_EQ(count, 3u);
    count = 40;
    count.add_fenced(2);
    EXPECT_EQ(count.acquire(), 42u);
}

TEST(Change, is_odd_while_it_lasts) {
    Count version;
    {
        const Change change{version};
        EXPECT_EQ(version, 1u);
    }
    EXPECT_EQ(version, 2u);
}

TEST(Change, one_within_another_does_nothing) {
    Count version;
    {
        const Change outer{version};
        { const Change inner{version}; }
        EXPECT_EQ(version, 1u) << "the inner one said that all is finished";
    }
    EXPECT_EQ(version, 2u);
}

}  // namespace
}  // namespace mycelium::base
