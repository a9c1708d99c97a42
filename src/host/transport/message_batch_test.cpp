#include "host/transport/message_batch.h"

#include <gtest/gtest.h>

#include <memory>

namespace mycelium::transport {
namespace {

Message message_of(std::uint64_t sequence) {
    Message message;
    message.header.sequence = sequence;
    return message;
}

TEST(MessageBatch, a_slot_is_as_new_after_a_message_that_was_not_plain) {
    MessageBatch batch;
    const auto owner = std::make_shared<int>();
    Message full = message_of(1);
    full.payload.owner = owner;
    full.call.id = 7;
    full.origin.id = 8;
    full.missed.add(DropReason::queue_full, 9);
    batch.push(std::move(full));
    EXPECT_FALSE(batch.is_plain());
    batch.clear();
    EXPECT_TRUE(batch.is_plain());
    EXPECT_EQ(owner.use_count(), 1);
    const Message& slot = batch.free(1).front();
    EXPECT_EQ(slot.call.id, 0u);
    EXPECT_EQ(slot.origin, Origin{});
    EXPECT_EQ(slot.missed, Missed{});
}

TEST(MessageBatch, free_slots_lie_behind_what_is_there_and_end_at_the_limit) {
    MessageBatch batch;
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto slots = batch.free(10);
        ASSERT_FALSE(slots.empty()) << i;
        ASSERT_LE(slots.size(), 10 - i);
        slots.front() = message_of(i);
        batch.add_plain(1);
    }
    EXPECT_TRUE(batch.is_plain());
    ASSERT_EQ(batch.size(), 10u);
    for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(batch.all()[i].header.sequence, i);
}

TEST(MessageBatch, the_first_one_goes_alone) {
    MessageBatch batch;
    const auto owner = std::make_shared<int>();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        batch.push(message_of(i));
        batch.back().payload.owner = owner;
    }
    batch.pop_front();
    ASSERT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch.front().header.sequence, 2u);
    EXPECT_EQ(batch.back().header.sequence, 3u);
    EXPECT_EQ(owner.use_count(), 3);
}

}  // namespace
}  // namespace mycelium::transport
