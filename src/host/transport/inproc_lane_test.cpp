#include "host/transport/inproc_lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
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

InprocValue value_of(const Message& message) {
    const Payload& payload = message.payload;
    return {message.header, message.origin, message.call,      payload.object,
            payload.schema, payload.bytes,  payload.has_bytes, payload.owner};
}

InprocLane::Push push(InprocLane& lane, const Message& message) {
    const auto pushed = lane.append(value_of(message));
    lane.commit();
    return pushed;
}

struct Lane {
    Lane(SlowReader slow, std::size_t messages_max)
        : lane(limits_for(slow, messages_max), std::make_shared<os::Doorbell>(),
               memory::private_link_cell()) {
        lane.start(1);
    }
    InprocLane::Push push(const Message& message) { return transport::push(lane, message); }
    std::vector<Message> pop(std::size_t limit = 64) {
        std::vector<Message> messages;
        lane.pop(messages, limit, sequence);
        return messages;
    }
    InprocLane lane;
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
    for (std::uint64_t i = 1; i <= 10; ++i) {
        const auto pushed = own.lane.append(value_of(message_of(i)));
        EXPECT_EQ(pushed, i <= 4 ? InprocLane::Push::taken : InprocLane::Push::reader_too_slow);
    }
    own.lane.commit();
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

Message call_of(std::uint64_t sequence, CallKind kind) {
    Message message = message_of(sequence);
    message.call.kind = kind;
    return message;
}

TEST(InprocLane, a_request_that_was_not_taken_out_at_the_end_stays_unseen) {
    LaneLimits limits = limits_for(SlowReader::block, 4);
    limits.is_pubsub = false;
    limits.ends_at_close = true;
    InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
    wire::SequenceTracker sequence;
    std::vector<Message> messages;
    for (std::uint64_t i = 1; i <= 3; ++i) push(lane, call_of(i, CallKind::request));
    push(lane, call_of(4, CallKind::notification));
    lane.pop(messages, 1, sequence);
    lane.close();
    lane.pop(messages, 64, sequence);
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

TEST(InprocLane, nothing_is_seen_before_it_is_committed) {
    Lane own{SlowReader::block, 4};
    own.lane.append(value_of(message_of(1)));
    own.lane.append(value_of(message_of(2)));
    EXPECT_FALSE(own.lane.has_more());
    EXPECT_TRUE(own.pop().empty());
    own.lane.commit();
    EXPECT_TRUE(own.lane.has_more());
    EXPECT_EQ(own.pop().size(), 2u);
    EXPECT_FALSE(own.lane.has_more());
}

TEST(InprocLane, what_is_left_out_behind_the_last_message_is_told_to_a_reader_that_has_caught_up) {
    Lane own{SlowReader::block, 4};
    own.push(message_of(1));
    own.push(message_of(2, 1001));
    own.pop();
    EXPECT_EQ(own.sequence.expected(), 3u);
    own.push(message_of(3));
    const auto messages = own.pop();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].missed.of(DropReason::too_large), 1u);
}

TEST(InprocLane, what_was_popped_stays_while_the_writer_drops_what_is_behind_it) {
    Lane own{SlowReader::drop_oldest, 200};
    for (std::uint64_t i = 1; i <= 200; ++i) own.push(message_of(i, 40));
    const auto first = own.pop(10);
    const auto before = first;
    std::vector<std::vector<std::byte>> bytes;
    for (const Message& message : first)
        bytes.emplace_back(message.payload.bytes.begin(), message.payload.bytes.end());
    for (std::uint64_t i = 201; i <= 2000; ++i) own.push(message_of(i, 40));
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_FALSE(first[i].payload.owner) << "it is the queue's memory that is meant";
        EXPECT_TRUE(std::equal(bytes[i].begin(), bytes[i].end(), first[i].payload.bytes.begin()));
    }
    EXPECT_TRUE(own.lane.counters().is_balanced());
}

TEST(InprocLane, who_takes_what_an_owner_keeps_alive_is_the_only_one_who_does) {
    LaneLimits limits = limits_for(SlowReader::block, 4);
    limits.shares_objects = true;
    InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
    lane.start(1);
    auto object = std::make_shared<const int>(7);
    const std::weak_ptr<const int> alive = object;
    Message message;
    message.header.sequence = 1;
    const void* const address = object.get();
    lane.append({message.header,
                 message.origin,
                 message.call,
                 address,
                 nullptr,
                 {},
                 false,
                 std::move(object)});
    lane.commit();
    std::vector<Message> messages;
    wire::SequenceTracker sequence;
    lane.pop(messages, 4, sequence);
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].payload.object, address);
    EXPECT_EQ(alive.use_count(), 1);
}

TEST(InprocLane, rings_only_a_reader_that_listens) {
    const auto bell = std::make_shared<os::Doorbell>();
    InprocLane lane{limits_for(SlowReader::block, 4), bell, memory::private_link_cell()};
    auto ticket = bell->ticket();
    push(lane, message_of(1));
    lane.ring_reader();
    EXPECT_EQ(bell->ticket(), ticket);
    bell->listen();
    push(lane, message_of(2));
    lane.ring_reader();
    EXPECT_NE(bell->ticket(), ticket);
    bell->stop_listening();
    ticket = bell->ticket();
    lane.ring_reader();
    EXPECT_EQ(bell->ticket(), ticket);
}

}  // namespace
}  // namespace mycelium::transport
