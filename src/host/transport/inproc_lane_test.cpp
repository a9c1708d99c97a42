#include "host/transport/inproc_lane.h"

#include <gtest/gtest.h>

#include <vector>

#include "host/transport/progress.h"

namespace mycelium::transport {
namespace {

LaneLimits limits_for(SlowReader slow, std::size_t messages_max) {
    LaneLimits lane;
    lane.slow = slow;
    lane.messages_max = messages_max;
    lane.bytes_max = 1 * MiB;
    lane.message_bytes_max = 1000;
    lane.is_pubsub = true;
    return lane;
}

Message message_of(std::uint64_t sequence, std::size_t size = 10) {
    const Bytes bytes = Bytes::copy_of(std::vector<std::byte>(size));
    Message message;
    message.header.sequence = sequence;
    message.payload.bytes = bytes.span();
    message.payload.has_bytes = true;
    message.payload.owner = bytes.owner();
    return message;
}

InprocLane::Push push(InprocLane& lane, const Message& message) {
    return lane.push({InprocBatch::of({&message, 1}).front(), 0, 1});
}

struct Lane {
    Lane(SlowReader slow, std::size_t messages_max)
        : lane(limits_for(slow, messages_max), std::make_shared<os::Doorbell>(),
               memory::private_link_cell()) {
        lane.start(1);
    }
    InprocLane::Push push(Message message) { return transport::push(lane, std::move(message)); }
    std::vector<Message> pop(std::size_t limit = 64) {
        std::vector<Message> messages;
        lane.pop(messages, held, limit, sequence);
        return messages;
    }
    InprocLane lane;
    std::vector<InprocPart> held;
    wire::SequenceTracker sequence;
};

TEST(InprocLane, drop_oldest_tells_the_reader_how_many_went) {
    Lane own{SlowReader::drop_oldest, 4};
    for (std::uint64_t i = 1; i <= 10; ++i) own.push(message_of(i));
    const auto messages = own.pop();
    ASSERT_EQ(messages.size(), 4u);
    EXPECT_EQ(messages[0].header.sequence, 7u);
    EXPECT_EQ(messages[0].missed.count(), 6u);
    EXPECT_EQ(messages[0].missed.reason(), DropReason::queue_full);
    EXPECT_EQ(messages[1].missed.count(), 0u);
}

TEST(InprocLane, latest_keeps_the_newest) {
    Lane own{SlowReader::latest, 4};
    for (std::uint64_t i = 1; i <= 10; ++i) own.push(message_of(i));
    const auto messages = own.pop();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].header.sequence, 10u);
    EXPECT_EQ(messages[0].missed.count(), 9u);
    EXPECT_EQ(messages[0].missed.reason(), DropReason::conflated);
}

TEST(InprocLane, a_message_over_the_readers_limit_is_a_gap_in_its_place) {
    Lane own{SlowReader::block, 4};
    own.push(message_of(1));
    own.push(message_of(2, 1001));
    own.push(message_of(3));
    const auto messages = own.pop();
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[1].missed.count(), 1u);
    EXPECT_EQ(messages[1].missed.reason(), DropReason::too_large);
}

TEST(InprocLane, a_demoted_reader_is_served_in_full_again_when_it_has_caught_up) {
    Lane own{SlowReader::block, 2};
    own.push(message_of(1));
    own.push(message_of(2));
    EXPECT_FALSE(own.lane.has_room(1, 10));
    own.lane.demote();
    EXPECT_TRUE(own.lane.has_room(1, 10));
    own.push(message_of(3));
    EXPECT_EQ(own.pop().front().missed.reason(), DropReason::block_deadline);
    EXPECT_FALSE(own.lane.is_demoted());
}

TEST(InprocLane, what_it_counts_balances_at_each_step) {
    Lane own{SlowReader::drop_oldest, 4};
    Progress progress;
    for (std::uint64_t i = 1; i <= 10; ++i) {
        own.push(message_of(i));
        EXPECT_TRUE(own.lane.counters().is_balanced());
    }
    const auto messages = own.pop(2);
    EXPECT_EQ(own.lane.counters().away, 2u);
    own.lane.count_delivered(1, progress.step(messages[0], own.sequence));
    EXPECT_EQ(own.lane.counters().away, 1u);
    EXPECT_EQ(own.lane.counters().queued, 2u);
    EXPECT_TRUE(own.lane.counters().is_balanced());
}

TEST(InprocLane, at_the_end_it_counts_what_is_in_flight_as_gone) {
    Lane own{SlowReader::drop_oldest, 4};
    for (std::uint64_t i = 1; i <= 10; ++i) own.push(message_of(i));
    own.pop(2);
    own.lane.count_delivered(1, 1);
    own.lane.close();
    auto counters = own.lane.counters();
    counters.count_rest(DropReason::peer_gone);
    EXPECT_EQ(counters.sent, 10u);
    EXPECT_TRUE(counters.is_balanced());
    EXPECT_EQ(counters.in_flight(), 0u);
    EXPECT_EQ(counters.dropped[static_cast<std::size_t>(DropReason::peer_gone)], 3u);
    EXPECT_EQ(own.push(message_of(11)), InprocLane::Push::closed);
    counters = own.lane.counters();
    EXPECT_EQ(counters.sent, 11u);
    EXPECT_EQ(counters.dropped[static_cast<std::size_t>(DropReason::peer_gone)], 1u);
}

TEST(InprocLane, what_is_refused_to_a_slow_reader_is_counted_as_gone) {
    Lane own{SlowReader::disconnect, 1};
    own.push(message_of(1));
    EXPECT_EQ(own.push(message_of(2)), InprocLane::Push::reader_too_slow);
    const auto counters = own.lane.counters();
    EXPECT_EQ(counters.sent, 2u);
    EXPECT_TRUE(counters.is_balanced());
}

TEST(InprocLane, all_of_a_batch_is_counted_although_its_beginning_was_too_much) {
    Lane own{SlowReader::disconnect, 4};
    std::vector<Message> messages;
    for (std::uint64_t i = 1; i <= 10; ++i) messages.push_back(message_of(i));
    const auto batch = InprocBatch::of(messages).front();
    EXPECT_EQ(own.lane.push({batch, 0, 10}), InprocLane::Push::reader_too_slow);
    const auto counters = own.lane.counters();
    EXPECT_EQ(counters.sent, 10u);
    EXPECT_EQ(counters.queued, 4u);
    EXPECT_TRUE(counters.is_balanced());
}

TEST(InprocLane, objects_have_room_however_large) {
    LaneLimits limits = limits_for(SlowReader::block, 4);
    limits.shares_objects = true;
    InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
    push(lane, message_of(1));
    EXPECT_TRUE(lane.has_room(1, 100 * MiB));
    EXPECT_FALSE(lane.has_room(4, 0));
}

TEST(InprocLane, what_calls_consist_of_is_never_refused) {
    LaneLimits limits = limits_for(SlowReader::block, 2);
    limits.is_pubsub = false;
    InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
    for (std::uint64_t i = 1; i <= 5; ++i)
        EXPECT_EQ(push(lane, message_of(i)), InprocLane::Push::taken);
    EXPECT_FALSE(lane.has_room(1, 0)) << "who begins a call asks first";
}

TEST(InprocLane, a_message_that_is_lost_without_being_counted_breaks_the_balance) {
    Lane own{SlowReader::drop_oldest, 8};
    Progress progress;
    for (std::uint64_t i = 1; i <= 5; ++i) own.push(message_of(i));
    for (const Message& message : own.pop()) {
        if (message.header.sequence == 3) continue;  // behind the ledger's back
        own.lane.count_delivered(1, progress.step(message, own.sequence));
    }
    const auto counters = own.lane.counters();
    EXPECT_EQ(counters.delivered, 4u);
    EXPECT_EQ(counters.in_flight(), 0u);
    EXPECT_FALSE(counters.is_balanced());
}

TEST(InprocLane, a_request_that_was_not_taken_out_at_the_end_stays_unseen) {
    LaneLimits limits = limits_for(SlowReader::block, 4);
    limits.is_pubsub = false;
    limits.ends_at_close = true;
    InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
    wire::SequenceTracker sequence;
    std::vector<Message> messages;
    std::vector<InprocPart> held;
    for (std::uint64_t i = 1; i <= 3; ++i) push(lane, message_of(i));
    Message notification = message_of(4);
    notification.call.kind = CallKind::notification;
    push(lane, notification);
    lane.pop(messages, held, 1, sequence);
    lane.close();
    lane.pop(messages, held, 64, sequence);
    ASSERT_EQ(messages.size(), 2u) << "whose call ended was told that it is unavailable";
    EXPECT_EQ(messages[1].header.sequence, 4u) << "a notification is nobody's to call back";
    EXPECT_EQ(lane.popped(), 2u);
}

TEST(InprocLane, a_waiting_writer_is_rung_when_there_is_room) {
    Lane own{SlowReader::block, 1};
    const auto bell = std::make_shared<os::Doorbell>();
    own.push(message_of(1));
    const auto ticket = bell->ticket();
    own.lane.await_room(bell);
    own.pop();
    EXPECT_NE(bell->ticket(), ticket);
}

}  // namespace
}  // namespace mycelium::transport
