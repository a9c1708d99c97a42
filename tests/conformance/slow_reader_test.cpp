// Slow readers: each policy does what it says, and every message is accounted for with its reason.
#include <atomic>
#include <thread>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(SlowReaders);

constexpr std::uint64_t messages_max = 20'000;

/// Publishes 16 KiB messages until `reason` has been counted `drops` times; returns how many were
/// published.
std::uint64_t publish_until_dropped(Publisher<Bytes>& publisher, DropReason reason,
                                    std::uint64_t drops) {
    const Bytes block = pattern_of(16 * KiB);
    std::uint64_t published = 0;
    while (published < messages_max &&
           publisher.counters().dropped[static_cast<std::size_t>(reason)] < drops) {
        publisher.publish(block).value();
        ++published;
    }
    EXPECT_LT(published, messages_max) << "nothing was ever dropped as " << name_of(reason);
    return published;
}

TEST_P(SlowReaders, drop_oldest_drops_from_the_front_and_counts_exactly) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber =
        node_b.subscriber<Bytes>(place, {.slow = SlowReader::drop_oldest, .queue_messages_max = 4})
            .value();
    publisher.wait_for(1, patience).value();
    const std::uint64_t published = publish_until_dropped(publisher, DropReason::queue_full, 50);
    const Tally tally = read_until(subscriber, published);
    EXPECT_EQ(tally.accounted(), published);
    EXPECT_GE(tally.missed_by(DropReason::queue_full), 50u);
    EXPECT_EQ(tally.missed_by(DropReason::queue_full), tally.missed.count());
    expect_balanced(publisher);
    EXPECT_EQ(publisher.counters().delivered, tally.received);
    EXPECT_EQ(publisher.counters().dropped_total(), tally.missed.count());
}

TEST_P(SlowReaders, drop_oldest_keeps_to_its_limit_in_bytes) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b
                          .subscriber<Bytes>(
                              place, {.slow = SlowReader::drop_oldest, .queue_bytes_max = 64 * KiB})
                          .value();
    publisher.wait_for(1, patience).value();
    const std::uint64_t published = publish_until_dropped(publisher, DropReason::queue_full, 10);
    const Tally tally = read_until(subscriber, published);
    EXPECT_EQ(tally.accounted(), published);
    EXPECT_EQ(tally.missed_by(DropReason::queue_full), tally.missed.count());
    expect_balanced(publisher);
}

TEST_P(SlowReaders, latest_ends_with_the_newest) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place, {.slow = SlowReader::latest}).value();
    publisher.wait_for(1, patience).value();
    const std::uint64_t published = publish_until_dropped(publisher, DropReason::conflated, 50);
    const Tally tally = read_until(subscriber, published);
    EXPECT_EQ(tally.last, published);
    EXPECT_EQ(tally.accounted(), published);
    EXPECT_EQ(tally.missed_by(DropReason::conflated), tally.missed.count());
    EXPECT_FALSE(subscriber.try_receive());
    expect_balanced(publisher);
}

TEST_P(SlowReaders, block_loses_nothing_while_the_reader_reads) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = std::chrono::hours{1}}).value();
    auto subscriber = node_b.subscriber<Bytes>(place, {.queue_messages_max = 2}).value();
    publisher.wait_for(1, patience).value();
    std::thread sender{[&] {
        const Bytes block = pattern_of(16 * KiB);
        for (int i = 0; i < 2000; ++i) publisher.publish(block).value();
    }};
    const Tally tally = read_until(subscriber, 2000);
    if (tally.last < 2000) node_a.stop();
    sender.join();
    EXPECT_EQ(tally.received, 2000u);
    expect_balanced(publisher);
    EXPECT_EQ(publisher.counters().dropped_total(), 0u);
}

TEST_P(SlowReaders, block_is_demoted_once_and_costs_the_others_nothing_more) {
    Node node_a = node("a"), node_b = node("b"), node_c = node("c");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = 50ms}).value();
    auto stopped = node_b.subscriber<Bytes>(place, {.queue_messages_max = 4}).value();
    auto reading = node_c.subscriber<Bytes>(place, {.queue_messages_max = 256}).value();
    publisher.wait_for(2, patience).value();
    std::atomic<std::uint64_t> published{0};
    Tally read;
    std::thread reader{[&] {
        while (published == 0 || read.last < published) {
            auto sample = reading.receive_for(10ms);
            if (sample.ok())
                count(read, *sample);
            else if (sample.error() != Errc::timeout)
                break;
        }
    }};
    const std::uint64_t before_demotion =
        publish_until_dropped(publisher, DropReason::block_deadline, 1);
    const Bytes block = pattern_of(16 * KiB);
    for (int i = 0; i < 200; ++i) publisher.publish(block).value();
    published = before_demotion + 200;
    reader.join();
    EXPECT_EQ(count_events(publisher, Event::Kind::demoted), 1u)
        << "a demoted reader held the publisher again";
    EXPECT_EQ(read.received, published.load()) << "the reader that reads lost messages";
    EXPECT_EQ(read.missed.count(), 0u);

    const Tally tally = read_until(stopped, published);
    EXPECT_EQ(tally.accounted(), published.load());
    EXPECT_EQ(tally.missed_by(DropReason::block_deadline), tally.missed.count());
    expect_balanced(publisher);
    EXPECT_EQ(publisher.counters().dropped_total(), tally.missed.count());
}

TEST_P(SlowReaders, a_demoted_reader_that_catches_up_is_served_in_full_again) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = 20ms}).value();
    auto subscriber = node_b.subscriber<Bytes>(place, {.queue_messages_max = 4}).value();
    publisher.wait_for(1, patience).value();
    const std::uint64_t published = publish_until_dropped(publisher, DropReason::block_deadline, 1);
    Tally tally = read_until(subscriber, published);
    EXPECT_TRUE(publisher.drain(patience).ok());
    const Bytes block = pattern_of(1 * KiB);
    publisher.publish(block).value();
    tally = read_until(subscriber, published + 1, tally);
    EXPECT_TRUE(next_event(publisher, Event::Kind::caught_up));
    const std::uint64_t missed = tally.missed.count();
    for (int i = 0; i < 100; ++i) {
        publisher.publish(block).value();
        tally = read_until(subscriber, tally.last + 1, tally);
    }
    EXPECT_EQ(tally.missed.count(), missed) << "served in full again, yet more was dropped";
    EXPECT_EQ(tally.accounted(), published + 101);
    expect_balanced(publisher);
}

TEST_P(SlowReaders, block_max_zero_never_waits) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = 0ns}).value();
    auto subscriber = node_b.subscriber<Bytes>(place, {.queue_messages_max = 4}).value();
    publisher.wait_for(1, patience).value();
    const std::uint64_t published =
        publish_until_dropped(publisher, DropReason::block_deadline, 10);
    const Tally tally = read_until(subscriber, published);
    EXPECT_EQ(tally.accounted(), published);
    expect_balanced(publisher);
}

TEST_P(SlowReaders, disconnect_closes_the_link_and_the_reader_comes_back_with_the_gap) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber =
        node_b.subscriber<Bytes>(place, {.slow = SlowReader::disconnect, .queue_messages_max = 4})
            .value();
    publisher.wait_for(1, patience).value();
    const Bytes block = pattern_of(16 * KiB);
    std::uint64_t published = 0;
    bool closed = false;
    while (!closed && published < messages_max) {
        publisher.publish(block).value();
        ++published;
        while (auto event = publisher.try_event())
            closed = closed || event->kind == Event::Kind::disconnected;
    }
    ASSERT_TRUE(closed) << "the link of a reader that does not read was never closed";

    std::atomic<bool> back{false};
    std::thread sender{[&] {
        back = publisher.wait_for(1, patience).ok();
        if (back) publisher.publish(pattern_of(1)).value();
    }};
    const Tally tally = read_until(subscriber, published + 1);
    sender.join();
    EXPECT_TRUE(back);
    EXPECT_EQ(tally.accounted(), published + 1);
    EXPECT_EQ(tally.missed.count(), tally.missed_by(DropReason::peer_gone) +
                                        tally.missed_by(DropReason::disconnected) +
                                        tally.missed_by(DropReason::queue_full));
    EXPECT_GT(tally.missed.count(), 0u);
    expect_balanced(publisher);
}

TEST_P(SlowReaders, a_message_too_large_for_one_reader_is_counted_for_it_alone) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto small = node_b.subscriber<Bytes>(place, {.message_bytes_max = 1000}).value();
    auto large = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(2, patience).value();
    for (const std::size_t size : {10u, 2000u, 2000u, 1000u})
        publisher.publish(pattern_of(size)).value();
    EXPECT_EQ(read_until(large, 4).received, 4u);
    const Tally tally = read_until(small, 4);
    EXPECT_EQ(tally.received, 2u);
    EXPECT_EQ(tally.missed_by(DropReason::too_large), 2u);
    expect_balanced(publisher);
}

TEST_P(SlowReaders, a_message_over_the_publishers_own_limit_is_refused) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.message_bytes_max = 1000}).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    EXPECT_FALSE(publisher.publish(pattern_of(1001)).ok());
    EXPECT_FALSE(publisher.loan(1001).ok());
    publisher.publish(pattern_of(1000)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), pattern_of(1000));
    expect_balanced(publisher);
}

TEST_P(SlowReaders, a_slow_reader_does_not_hold_up_its_neighbour_on_the_same_url) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto slow =
        node_b.subscriber<Bytes>(place, {.slow = SlowReader::drop_oldest, .queue_messages_max = 1})
            .value();
    auto quick = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(2, patience).value();
    const Bytes block = pattern_of(16 * KiB);
    Tally tally;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        publisher.publish(block).value();
        tally = read_until(quick, i, tally);
    }
    EXPECT_EQ(tally.received, 1000u);
    const Tally behind = read_until(slow, 1000);
    EXPECT_EQ(behind.accounted(), 1000u);
    expect_balanced(publisher);
}

}  // namespace
}  // namespace mycelium::conformance
