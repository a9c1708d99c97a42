// Chunks: lent, shared, used again, given back; and who holds them.
#include "host/memory/shared_pool.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "host/memory/claims.h"

namespace mycelium::memory {
namespace {

std::shared_ptr<SharedPool> pool_of(std::size_t bytes_max) {
    return std::make_shared<SharedPool>(bytes_max);
}

TEST(SharedPool, the_chunk_freed_last_is_lent_first) {
    const auto pool = pool_of(64 * MiB);
    auto* const first = pool->take(5000).value();
    auto* const second = pool->take(5000).value();
    EXPECT_NE(first, second);
    EXPECT_GE(first->size(), 5000u);
    pool->drop_user(*second);
    pool->drop_user(*first);
    EXPECT_EQ(pool->take(6000).value(), first);
    EXPECT_EQ(pool->take(6000).value(), second);
}

TEST(SharedPool, a_loan_that_is_dropped_comes_back) {
    const auto pool = pool_of(64 * MiB);
    const std::byte* where = nullptr;
    {
        auto loan = pool->lend(10 * MiB).value();
        EXPECT_EQ(loan.size(), 10 * MiB);
        loan.span()[10 * MiB - 1] = std::byte{7};
        where = loan.span().data();
        EXPECT_EQ(pool->used_bytes(), 10 * MiB);
    }
    EXPECT_EQ(pool->used_bytes(), 0u);
    EXPECT_EQ(pool->lend(10 * MiB).value().span().data(), where);
}

TEST(SharedPool, the_cap_is_an_outcome_and_not_for_ever) {
    const auto pool = pool_of(32 * MiB);
    auto first = pool->lend(16 * MiB).value();
    auto second = pool->lend(16 * MiB);
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(pool->lend(16 * MiB).error(), Errc::overloaded);
    EXPECT_EQ(pool->lend(33 * MiB).error(), Errc::overloaded);
    second = Error{Errc::closed, ""};
    EXPECT_TRUE(pool->lend(16 * MiB).ok());
}

TEST(SharedPool, large_chunks_come_by_fours_as_long_as_little_is_reserved) {
    const auto pool = pool_of(1 * GiB);
    const auto loans_in = [&](std::size_t segments) {
        std::vector<Loan<Bytes>> loans;
        while (pool->segments().size() <= segments) loans.push_back(pool->lend(20 * MiB).value());
        return loans.size() - 1;  // the last one asked for another
    };
    EXPECT_EQ(loans_in(1), 4u);
    EXPECT_EQ(loans_in(2), 5u) << "in the four of before, and one more: 160 MiB are over an eighth";
    std::vector<Loan<Bytes>> all;
    for (auto loan = pool->lend(20 * MiB); loan; loan = pool->lend(20 * MiB))
        all.push_back(*std::move(loan));
    EXPECT_EQ(all.size(), 51u) << "of one size as many fit as ever";
}

TEST(SharedPool, free_segments_of_one_size_make_way_for_another) {
    const auto pool = pool_of(32 * MiB);
    (void)pool->lend(4 * KiB).value();
    (void)pool->lend(1 * MiB).value();
    EXPECT_EQ(pool->segments().size(), 2u);
    const auto before = pool->changes();
    EXPECT_TRUE(pool->lend(20 * MiB).ok());
    EXPECT_LE(pool->reserved_bytes(), 32 * MiB);
    EXPECT_NE(pool->changes(), before);
}

TEST(SharedPool, it_knows_its_own_memory) {
    const auto pool = pool_of(64 * MiB);
    auto* const chunk = pool->take(8000).value();
    const std::span<const std::byte> all{chunk->data(), chunk->size()};
    EXPECT_EQ(pool->find(all), chunk);
    EXPECT_EQ(pool->find(all.subspan(100, 50)), chunk);
    EXPECT_EQ(pool->find(std::span<const std::byte>{chunk->data(), chunk->size() + 1}), nullptr)
        << "across two chunks";
    const std::vector<std::byte> elsewhere(100);
    EXPECT_EQ(pool->find(elsewhere), nullptr);
}

TEST(SharedPool, users_may_leave_on_any_thread) {
    const auto pool = pool_of(64 * MiB);
    for (int round = 0; round < 200; ++round) {
        auto* const chunk = pool->take(4096).value();
        pool->add_user(*chunk);
        std::thread other{[&] { pool->drop_user(*chunk); }};
        pool->drop_user(*chunk);
        other.join();
        ASSERT_EQ(pool->used_bytes(), 0u);
    }
}

TEST(Claims, a_chunk_is_free_when_its_last_holder_has_released_it) {
    const auto pool = pool_of(64 * MiB);
    Claims claims{pool};
    Claims::Holder a, b;
    const auto ticket = claims.open(*pool->take(4096).value());
    claims.hold(ticket, a);
    claims.hold(ticket, b);
    claims.settle(ticket);
    EXPECT_TRUE(claims.release(ticket, a));
    EXPECT_FALSE(claims.release(ticket, a)) << "twice";
    EXPECT_NE(pool->used_bytes(), 0u);
    EXPECT_TRUE(claims.release(ticket, b));
    EXPECT_EQ(pool->used_bytes(), 0u);
    EXPECT_FALSE(claims.release(ticket, b));
}

TEST(Claims, a_claim_that_nobody_holds_ends_at_once) {
    const auto pool = pool_of(64 * MiB);
    Claims claims{pool};
    claims.settle(claims.open(*pool->take(4096).value()));
    EXPECT_EQ(pool->used_bytes(), 0u);
    EXPECT_EQ(claims.size(), 0u);
}

TEST(Claims, an_old_ticket_says_nothing_of_what_came_after) {
    const auto pool = pool_of(64 * MiB);
    Claims claims{pool};
    Claims::Holder holder;
    const auto old = claims.open(*pool->take(4096).value());
    claims.hold(old, holder);
    ASSERT_TRUE(claims.release(old, holder));
    const auto fresh = claims.open(*pool->take(4096).value());
    claims.hold(fresh, holder);
    EXPECT_NE(old, fresh);
    EXPECT_FALSE(claims.release(old, holder));
    EXPECT_FALSE(claims.release(UINT64_MAX, holder));
    EXPECT_FALSE(claims.release(12345, holder));
    EXPECT_TRUE(claims.release(fresh, holder));
}

TEST(Claims, what_a_dead_holder_held_is_free_again) {
    const auto pool = pool_of(64 * MiB);
    Claims claims{pool};
    Claims::Holder dead, alive;
    std::vector<std::uint64_t> tickets;
    for (int i = 0; i < 200; ++i) {
        tickets.push_back(claims.open(*pool->take(4096).value()));
        claims.hold(tickets.back(), dead);
        if (i % 2 == 0) claims.hold(tickets.back(), alive);
    }
    claims.release_all(dead);
    EXPECT_EQ(dead.count(), 0u);
    EXPECT_EQ(claims.size(), 100u);
    for (std::size_t i = 0; i < tickets.size(); i += 2)
        EXPECT_TRUE(claims.release(tickets[i], alive));
    EXPECT_EQ(pool->used_bytes(), 0u);
}

}  // namespace
}  // namespace mycelium::memory
