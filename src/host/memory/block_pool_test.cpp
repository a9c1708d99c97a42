#include "host/memory/block_pool.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace mycelium::memory {
namespace {

TEST(BlockPool, the_block_freed_last_is_lent_first) {
    BlockPool pool;
    const std::byte* first = nullptr;
    {
        auto loan = pool.lend(100 * KiB);
        first = loan.span().data();
        ASSERT_EQ(loan.size(), 100 * KiB);
    }
    auto again = pool.lend(90 * KiB);
    EXPECT_EQ(again.span().data(), first);
}

TEST(BlockPool, blocks_are_aligned_and_may_outlive_the_pool) {
    Bytes kept;
    {
        BlockPool pool;
        auto loan = pool.lend(5000);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(loan.span().data()) % 64, 0u);
        loan.span()[4999] = std::byte{7};
        kept = std::move(loan).freeze();
    }
    EXPECT_EQ(kept.span()[4999], std::byte{7});
}

TEST(BlockPool, what_it_keeps_is_bounded) {
    BlockPool pool{64 * KiB};
    auto small = pool.lend(60 * KiB);
    const std::byte* address = small.span().data();
    auto large = pool.lend(200 * KiB);
    large = pool.lend(1);  // gives 200 KiB back: over the bound, so to the heap
    small = pool.lend(1);
    EXPECT_EQ(pool.lend(60 * KiB).span().data(), address);
}

TEST(BlockPool, more_than_there_is_gives_an_empty_loan) {
    BlockPool pool;
    EXPECT_TRUE(pool.lend(std::size_t{1} << 46).span().empty());
}

}  // namespace
}  // namespace mycelium::memory
