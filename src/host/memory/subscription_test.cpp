// The head and its slots, the release ring, and what each end believes of the other.
#include "host/memory/subscription.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace mycelium::memory {
namespace {

struct Pair {
    Pair()
        : writer(
              SubscriptionWriter::create({.begin_position = 320, .begin_sequence = 10}).value()) {
        reader = SubscriptionReader::open(os::Fd::adopt(::dup(writer.memory().fd()))).value();
    }
    SubscriptionLayout& layout() {
        return *reinterpret_cast<SubscriptionLayout*>(writer.memory().data());
    }
    SubscriptionWriter writer;
    std::shared_ptr<SubscriptionReader> reader;
};

TEST(Subscription, a_reader_begins_where_it_is_told) {
    Pair pair;
    EXPECT_EQ(pair.reader->begin_position(), 320u);
    EXPECT_EQ(pair.reader->begin_sequence(), 10u);
    EXPECT_EQ(pair.reader->head(), 10u);
    EXPECT_EQ(pair.writer.head(10), 10u);
}

TEST(Subscription, who_moves_the_head_first_owns_what_lies_between) {
    Pair pair;
    EXPECT_TRUE(pair.reader->take(10, 15));
    EXPECT_FALSE(pair.writer.drop_to(20, 1000, DropReason::queue_full)) << "it knew an older head";
    EXPECT_EQ(pair.writer.dropped()[0], 0u);
    EXPECT_EQ(pair.writer.head(30), 15u);
    EXPECT_TRUE(pair.writer.drop_to(20, 1000, DropReason::queue_full));
    EXPECT_EQ(pair.writer.dropped()[static_cast<std::size_t>(DropReason::queue_full)], 5u);
    EXPECT_FALSE(pair.reader->take(15, 18));
    const auto place = pair.reader->place(pair.reader->head());
    ASSERT_TRUE(place);
    EXPECT_EQ(place->sequence, 20u);
    EXPECT_EQ(place->position, 1000u);
    EXPECT_EQ(place->dropped, pair.writer.dropped());
}

TEST(Subscription, what_a_failed_drop_left_in_a_slot_misleads_nobody) {
    Pair pair;
    ASSERT_TRUE(pair.writer.drop_to(12, 500, DropReason::conflated));
    ASSERT_TRUE(pair.reader->take(12, 13));
    EXPECT_FALSE(pair.writer.drop_to(40, 900, DropReason::conflated));
    EXPECT_FALSE(pair.reader->place(pair.reader->head()))
        << "it moved the head itself: no slot is its own";
    EXPECT_EQ(pair.writer.head(50), 13u);
    ASSERT_TRUE(pair.writer.drop_to(14, 600, DropReason::conflated));
    EXPECT_EQ(pair.reader->place(pair.reader->head())->position, 600u);
    EXPECT_EQ(pair.reader->place(pair.reader->head())
                  ->dropped[static_cast<std::size_t>(DropReason::conflated)],
              3u);
}

TEST(Subscription, a_head_that_moves_back_or_beyond_the_end_is_a_lie) {
    Pair pair;
    ASSERT_TRUE(pair.reader->take(10, 15));
    EXPECT_FALSE(pair.writer.head(14)) << "beyond what was written";
    EXPECT_EQ(pair.writer.head(15), 15u);
    pair.layout().head.store(11);
    EXPECT_FALSE(pair.writer.head(15)) << "back";
}

TEST(Subscription, tickets_arrive_in_the_order_of_their_release) {
    Pair pair;
    EXPECT_FALSE(pair.writer.next_released().value());
    for (std::uint64_t n = 0; n < 3 * release_ring_entries; ++n) {
        pair.reader->release(n * 3);
        EXPECT_EQ(pair.writer.next_released().value(), std::optional{n * 3});
    }
    EXPECT_FALSE(pair.writer.next_released().value());
}

TEST(Subscription, every_ticket_arrives_that_several_threads_release) {
    Pair pair;
    constexpr std::uint64_t each = 2000;
    std::thread first{[&] {
        for (std::uint64_t n = 0; n < each; ++n) pair.reader->release(n);
    }};
    std::thread second{[&] {
        for (std::uint64_t n = 0; n < each; ++n) pair.reader->release(n);
    }};
    std::uint64_t sum = 0;
    for (std::uint64_t count = 0; count < 2 * each;) {
        const auto ticket = pair.writer.next_released().value();
        if (!ticket) continue;
        sum += *ticket;
        ++count;
    }
    first.join();
    second.join();
    EXPECT_EQ(sum, each * (each - 1));
}

TEST(Subscription, more_releases_than_the_ring_holds_are_a_lie) {
    Pair pair;
    pair.layout().released.store(release_ring_entries + 1);
    EXPECT_EQ(pair.writer.next_released().error(), Errc::malformed);
    pair.layout().released.store(5);
    EXPECT_TRUE(pair.writer.next_released().ok());
    pair.layout().released.store(0);
    EXPECT_EQ(pair.writer.next_released().error(), Errc::malformed) << "the count moved back";
}

TEST(Subscription, what_became_of_what_was_taken_is_exact_at_every_instruction) {
    Pair pair;
    for (int i = 0; i < 5; ++i) pair.reader->deliver(1);
    pair.reader->deliver(3);  // two got lost on the way, which nobody counted
    EXPECT_EQ(pair.writer.settled().finished, 8u);
    EXPECT_EQ(pair.writer.settled().delivered, 6u);
    pair.reader->drop(DropReason::too_large);
    EXPECT_EQ(pair.writer.settled().finished, 9u);
    EXPECT_EQ(pair.writer.settled().dropped[static_cast<std::size_t>(DropReason::too_large)], 1u);
    // Killed after it had counted the drop, before it was done with the message.
    pair.layout().settled.store(std::uint64_t{8} << 32 | 6);
    auto killed = SubscriptionWriter::create({.begin_sequence = 1}).value();
    auto& layout = *reinterpret_cast<SubscriptionLayout*>(killed.memory().data());
    layout.settled.store(std::uint64_t{8} << 32 | 6);
    layout.dropped[7].store(std::uint64_t{9} << 32 | 1);
    EXPECT_EQ(killed.settled().dropped[7], 0u);
    layout.settled.store(std::uint64_t{9} << 32 | 6);
    EXPECT_EQ(killed.settled().dropped[7], 1u);
}

TEST(Subscription, what_is_rejected_is_counted_once_whenever_the_writer_looks) {
    constexpr std::uint64_t rounds = 1'000'000, messages = 3, rejected = 2;
    Pair pair;
    std::atomic<bool> is_over{false};
    std::thread reading{[&] {
        for (std::uint64_t i = 0; i < rounds; ++i) {
            pair.reader->deliver(messages, messages);
            for (std::uint64_t n = 0; n < rejected; ++n) pair.reader->reject();
        }
        is_over = true;
    }};
    std::uint64_t highest = 0, most_delivered = 0;
    const auto look = [&] {
        const Settled& settled = pair.writer.settled();
        highest =
            std::max(highest, settled.dropped[static_cast<std::size_t>(DropReason::malformed)]);
        most_delivered = std::max(most_delivered, settled.delivered);
    };
    while (!is_over) look();
    reading.join();
    look();
    EXPECT_EQ(highest, rounds * rejected);
    EXPECT_LE(most_delivered, rounds * messages);
    EXPECT_EQ(pair.writer.settled().delivered, rounds * (messages - rejected));
    EXPECT_EQ(pair.writer.settled().finished, rounds * messages);
}

TEST(Subscription, counts_go_on_beyond_their_words) {
    auto writer = SubscriptionWriter::create({.begin_sequence = 1}).value();
    auto& layout = *reinterpret_cast<SubscriptionLayout*>(writer.memory().data());
    for (std::uint64_t n = 0; n < 10; ++n) {
        const std::uint64_t count = n * 0xf000'0000;
        layout.settled.store(count << 32 | (count & 0xffff'ffff));
        EXPECT_EQ(writer.settled().finished, count);
        EXPECT_EQ(writer.settled().delivered, count);
    }
}

TEST(Subscription, a_segment_of_another_version_is_refused) {
    for (const std::size_t at : {0u, 8u, 12u}) {
        auto writer = SubscriptionWriter::create({.begin_sequence = 1}).value();
        writer.memory().data()[at] ^= std::byte{1};
        EXPECT_EQ(SubscriptionReader::open(os::Fd::adopt(::dup(writer.memory().fd()))).error(),
                  Errc::malformed)
            << "byte " << at;
    }
}

}  // namespace
}  // namespace mycelium::memory
