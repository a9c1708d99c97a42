#include "host/memory/log_index.h"

#include <gtest/gtest.h>

namespace mycelium::memory {
namespace {

TEST(LogIndex, positions_and_bytes_are_known_for_what_is_wanted) {
    LogIndex index;
    index.restart(7);
    for (std::uint64_t n = 7; n < 5000; ++n) {
        index.reserve(1);
        index.push(n * 96, n);
        if (n > 1500) index.forget_before(n - 1000);
    }
    EXPECT_EQ(index.first(), 3999u);
    EXPECT_EQ(index.next(), 5000u);
    for (std::uint64_t n = index.first(); n < index.next(); ++n)
        ASSERT_EQ(index.position_of(n), n * 96);
    EXPECT_EQ(index.bytes_from(4998), 4998u + 4999u);
    EXPECT_EQ(index.bytes_from(5000), 0u);
}

TEST(LogIndex, it_grows_around_what_is_wanted) {
    LogIndex index;
    for (std::uint64_t n = 1; n <= 100'000; ++n) {
        index.reserve(3);
        index.push(n, 1);
    }
    EXPECT_EQ(index.position_of(1), 1u);
    EXPECT_EQ(index.bytes_from(1), 100'000u);
}

}  // namespace
}  // namespace mycelium::memory
