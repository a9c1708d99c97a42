// What the reading end of a log makes of a publisher that tells it nonsense.
#include "host/transport/inlet.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "core/wire/header.h"
#include "host/memory/log_writer.h"

namespace mycelium::transport {
namespace {

struct Ends {
    Ends() {
        inlet = Inlet::open(os::Fd::adopt(::dup(subscription.memory().fd())),
                            os::Fd::adopt(::dup(log.memory().fd())), {}, 1 * MiB, nullptr)
                    .value();
    }
    memory::SubscriptionLayout& layout() {
        return *reinterpret_cast<memory::SubscriptionLayout*>(subscription.memory().data());
    }
    Result<Inlet::Taken> take() { return inlet->take(slots, tracker); }
    void write(std::uint64_t sequence, std::size_t payload_bytes = 0, std::uint8_t flags = 0) {
        Header header;
        header.flags = flags;
        header.sequence = sequence;
        header.payload_size = static_cast<std::uint32_t>(payload_bytes);
        const std::vector<std::byte> payload(payload_bytes, std::byte(sequence));
        ASSERT_TRUE(log.reserve(memory::record_bytes(payload_bytes)).ok());
        log.append(wire::header_words(header), payload, {});
        log.commit();
    }
    memory::SubscriptionWriter subscription =
        memory::SubscriptionWriter::create({.begin_sequence = 5}).value();
    memory::LogWriter log = memory::LogWriter::create(64 * KiB, {}).value();
    std::unique_ptr<Inlet> inlet;
    wire::SequenceTracker tracker;
    std::vector<Message> slots = std::vector<Message>(10);
};

TEST(Inlet, takes_what_is_there_and_then_nothing) {
    Ends ends;
    EXPECT_FALSE(ends.inlet->has_more());
    ends.write(5);
    ends.write(6);
    EXPECT_TRUE(ends.inlet->has_more());
    EXPECT_EQ(ends.take().value().count, 2u);
    EXPECT_EQ(ends.slots[0].header.sequence, 5u);
    EXPECT_EQ(ends.slots[1].header.sequence, 6u);
    EXPECT_FALSE(ends.inlet->has_more());
    EXPECT_EQ(ends.take().value().count, 0u);
}

TEST(Inlet, what_finds_no_space_comes_with_the_next_look) {
    Ends ends;
    for (std::uint64_t sequence = 5; sequence < 11; ++sequence) ends.write(sequence, 1800);
    std::uint64_t expected = 5;
    while (ends.inlet->has_more()) {
        const auto taken = ends.take().value();
        ASSERT_NE(taken.count, 0u);
        EXPECT_TRUE(taken.is_plain);
        for (const Message& message : std::span{ends.slots}.first(taken.count)) {
            EXPECT_EQ(message.header.sequence, expected);
            EXPECT_EQ(message.payload.bytes.size(), 1800u);
            for (const std::byte byte : message.payload.bytes) EXPECT_EQ(byte, std::byte(expected));
            ++expected;
        }
    }
    EXPECT_EQ(expected, 11u);
}

TEST(Inlet, says_when_there_is_more_to_a_message_than_its_header_tells) {
    for (const int flags : {int{flag_extended}, int{flag_referenced}, 0x80}) {
        Ends ends;
        ends.write(5);
        ends.write(6, 8, static_cast<std::uint8_t>(flags));
        const auto taken = ends.take().value();
        EXPECT_EQ(taken.count, 2u);
        EXPECT_FALSE(taken.is_plain) << flags;
    }
}

TEST(Inlet, a_record_without_our_magic_has_no_version) {
    Ends ends;
    ends.log.append({0, 5, 0, 0}, {}, {});
    ends.log.commit();
    const auto taken = ends.take().value();
    EXPECT_EQ(taken.count, 1u);
    EXPECT_FALSE(taken.is_plain);
    EXPECT_EQ(ends.slots[0].header.version, 0);
}

// It would otherwise say for ever that there is more, and never find it.
TEST(Inlet, a_head_that_no_slot_explains_is_a_lie) {
    Ends ends;
    ends.layout().head.store(40);
    const auto taken = ends.take();
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), Errc::malformed);
}

TEST(Inlet, so_is_one_beside_a_record_that_is_there) {
    Ends ends;
    ends.write(5);
    ends.layout().head.store(3);
    const auto taken = ends.take();
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), Errc::malformed);
}

TEST(Inlet, a_head_that_was_moved_is_followed) {
    Ends ends;
    ends.write(5);
    ASSERT_TRUE(ends.subscription.drop_to(6, ends.log.position(), DropReason::conflated));
    ends.write(6);
    ASSERT_EQ(ends.take().value().count, 1u);
    EXPECT_EQ(ends.slots[0].header.sequence, 6u);
    EXPECT_EQ(ends.tracker.arrive(6).by_reason[static_cast<std::size_t>(DropReason::conflated)],
              1u);
}

TEST(Inlet, a_head_that_was_moved_over_a_message_which_nobody_counts_loses_it_in_the_open) {
    Ends ends;
    ends.tracker.start(5);
    ends.write(5);
    ASSERT_TRUE(ends.subscription.drop_to(6, ends.log.position(), memory::Drops{}));
    ends.write(6);
    ASSERT_EQ(ends.take().value().count, 1u);
    EXPECT_EQ(ends.tracker.arrive(6).count(), 1u);
    EXPECT_EQ(ends.tracker.unexplained(), 1u);
}

}  // namespace
}  // namespace mycelium::transport
