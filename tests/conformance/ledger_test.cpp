// The ledger: sent = delivered + dropped + in flight, at any moment, and both ends tell the same.
#include <atomic>
#include <thread>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Ledger);

/// At rest, what the reader was told that it missed is what the publisher dropped, by reason.
void expect_agreement(Publisher<Bytes>& publisher, const Tally& tally) {
    expect_balanced(publisher);
    const Counters counters = publisher.counters();
    EXPECT_TRUE(counters.is_balanced());
    EXPECT_EQ(counters.delivered, tally.received);
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        EXPECT_EQ(counters.dropped[i], tally.missed.by_reason[i])
            << name_of(static_cast<DropReason>(i));
}

/// Publishes blocks that fill the sockets, every seventh too large for the reader; then lets it
/// read to the end.
void publish_and_compare(Publisher<Bytes>& publisher, Subscriber<Bytes>& subscriber) {
    publisher.wait_for(1, patience).value();
    const Bytes block = pattern_of(16 * KiB);
    const Bytes large = pattern_of(40 * KiB);
    for (std::uint64_t i = 1; i < 600; ++i) {
        publisher.publish(i % 7 == 0 ? large : block).value();
        EXPECT_TRUE(publisher.counters().is_balanced()) << "after message " << i;
    }
    publisher.publish(block).value();
    const Tally tally = read_until(subscriber, 600);
    EXPECT_EQ(tally.accounted(), 600u);
    EXPECT_GT(tally.missed_by(DropReason::too_large), 0u);
    expect_agreement(publisher, tally);
    const Counters read = subscriber.counters();
    EXPECT_TRUE(read.is_balanced());
    EXPECT_EQ(read.sent, 600u);
}

TEST_P(Ledger, both_ends_tell_the_same_where_the_oldest_give_way) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b
                          .subscriber<Bytes>(place, {.slow = SlowReader::drop_oldest,
                                                     .queue_messages_max = 4,
                                                     .message_bytes_max = 20 * KiB})
                          .value();
    publish_and_compare(publisher, subscriber);
}

TEST_P(Ledger, both_ends_tell_the_same_where_only_the_newest_matters) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber =
        node_b.subscriber<Bytes>(place, {.slow = SlowReader::latest, .message_bytes_max = 20 * KiB})
            .value();
    publish_and_compare(publisher, subscriber);
}

TEST_P(Ledger, both_ends_tell_the_same_where_a_reader_was_demoted) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = 0ns}).value();
    auto subscriber =
        node_b.subscriber<Bytes>(place, {.queue_messages_max = 4, .message_bytes_max = 20 * KiB})
            .value();
    publish_and_compare(publisher, subscriber);
}

TEST_P(Ledger, balances_at_any_moment_while_both_ends_are_at_work) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber =
        node_b.subscriber<Bytes>(place, {.slow = SlowReader::drop_oldest, .queue_messages_max = 64})
            .value();
    publisher.wait_for(1, patience).value();
    constexpr std::uint64_t messages = 20'000;
    std::atomic<bool> has_ended{false};
    Tally tally;
    std::thread reader{[&] { tally = read_until(subscriber, messages); }};
    std::thread writer{[&] {
        const Bytes block = pattern_of(100);
        for (std::uint64_t i = 0; i < messages; ++i) publisher.publish(block).value();
        has_ended = true;
    }};
    std::uint64_t looks = 0, faults = 0;
    do {
        faults += publisher.counters().is_balanced() ? 0u : 1u;
        ++looks;
    } while (!has_ended);
    writer.join();
    reader.join();
    EXPECT_EQ(faults, 0u) << "of " << looks << " looks";
    expect_agreement(publisher, tally);
}

}  // namespace
}  // namespace mycelium::conformance
