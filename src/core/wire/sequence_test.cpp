#include "core/wire/sequence.h"

#include <gtest/gtest.h>

namespace mycelium::wire {
namespace {

std::uint64_t count(const Missed& missed, DropReason reason) {
    return missed.by_reason[static_cast<std::size_t>(reason)];
}

TEST(SequenceTracker, consecutive_messages_miss_nothing) {
    SequenceTracker tracker;
    tracker.start(5);
    for (std::uint64_t sequence = 5; sequence < 100; ++sequence)
        EXPECT_FALSE(tracker.arrive(sequence));
    EXPECT_EQ(tracker.expected(), 100u);
}

TEST(SequenceTracker, the_first_start_begins_anywhere) {
    SequenceTracker tracker;
    tracker.start(1000);
    EXPECT_FALSE(tracker.arrive(1000));
}

TEST(SequenceTracker, what_lies_between_two_links_was_published_without_us) {
    SequenceTracker tracker;
    tracker.start(1);
    EXPECT_FALSE(tracker.arrive(1));
    tracker.start(5);
    const Missed missed = tracker.arrive(5);
    EXPECT_EQ(missed.count(), 3u);
    EXPECT_EQ(count(missed, DropReason::disconnected), 3u);
}

TEST(SequenceTracker, a_gap_is_counted_once_and_comes_with_the_next_message) {
    SequenceTracker tracker;
    tracker.start(1);
    Missed dropped;
    dropped.add(DropReason::queue_full, 3);
    tracker.gap(dropped, 4);
    const Missed missed = tracker.arrive(4);
    EXPECT_EQ(missed, dropped);
    EXPECT_FALSE(tracker.arrive(5));
}

TEST(SequenceTracker, a_gap_that_comes_behind_a_later_one_is_counted_too) {
    SequenceTracker tracker;
    tracker.start(1);
    Missed early, late;
    early.add(DropReason::not_asked_for, 4);
    late.add(DropReason::queue_full, 1);
    tracker.gap(late, 6);   // of the front of the queue: told first
    tracker.gap(early, 5);  // what stood before it there
    const Missed missed = tracker.arrive(6);
    EXPECT_EQ(count(missed, DropReason::not_asked_for), 4u);
    EXPECT_EQ(count(missed, DropReason::queue_full), 1u);
    EXPECT_EQ(missed.total(), 5u);
    EXPECT_EQ(missed.count(), 1u);  // what was not asked for is not missing
    EXPECT_EQ(tracker.unexplained(), 0u);
}

TEST(SequenceTracker, messages_that_nobody_explains_are_counted_all_the_same) {
    SequenceTracker tracker;
    tracker.start(1);
    EXPECT_EQ(count(tracker.arrive(3), DropReason::disconnected), 2u);
}

TEST(SequenceTracker, numbers_that_nobody_explains_are_known_at_the_next_message) {
    SequenceTracker tracker;
    tracker.start(1);
    tracker.arrive(3);
    EXPECT_EQ(tracker.unexplained(), 2u);
    // Notices that changed places, of 4 to 7 together: all is explained.
    Missed later, earlier;
    later.add(DropReason::too_large, 1);
    earlier.add(DropReason::queue_full, 3);
    tracker.gap(later, 7);
    tracker.gap(earlier, 8);
    tracker.arrive(8);
    EXPECT_EQ(tracker.unexplained(), 2u);
    tracker.gap(later, 11);  // of two numbers it explains one
    tracker.arrive(11);
    EXPECT_EQ(tracker.unexplained(), 3u);
}

TEST(SequenceTracker, another_run_of_the_publisher_is_no_gap) {
    SequenceTracker tracker;
    tracker.start(1000);
    EXPECT_EQ(tracker.arrive(1010).count(), 10u);
    tracker.forget();
    tracker.start(7);
    EXPECT_FALSE(tracker.arrive(7));
}

}  // namespace
}  // namespace mycelium::wire
