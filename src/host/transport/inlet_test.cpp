// What the reading end of a log makes of a publisher that tells it nonsense.
#include "host/transport/inlet.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "core/wire/frame.h"
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
    void write(std::uint64_t sequence) {
        Header header;
        header.sequence = sequence;
        std::array<std::byte, header_bytes> head;
        wire::encode_frame(header, false, {}, {}, head);
        log.append(head, sequence, {}, {});
        log.commit();
    }
    memory::SubscriptionWriter subscription =
        memory::SubscriptionWriter::create({.begin_sequence = 5}).value();
    memory::LogWriter log = memory::LogWriter::create(64 * KiB, {}).value();
    std::unique_ptr<Inlet> inlet;
    wire::SequenceTracker tracker;
};

TEST(Inlet, takes_what_is_there_and_then_nothing) {
    Ends ends;
    EXPECT_FALSE(ends.inlet->has_more());
    ends.write(5);
    ends.write(6);
    EXPECT_TRUE(ends.inlet->has_more());
    EXPECT_EQ(ends.inlet->take(10, ends.tracker).value(), 2u);
    EXPECT_FALSE(ends.inlet->has_more());
    EXPECT_EQ(ends.inlet->take(10, ends.tracker).value(), 0u);
}

// It would otherwise say for ever that there is more, and never find it.
TEST(Inlet, a_head_that_no_slot_explains_is_a_lie) {
    Ends ends;
    ends.layout().head.store(40);
    const auto taken = ends.inlet->take(10, ends.tracker);
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), Errc::malformed);
}

TEST(Inlet, so_is_one_beside_a_record_that_is_there) {
    Ends ends;
    ends.write(5);
    ends.layout().head.store(3);
    const auto taken = ends.inlet->take(10, ends.tracker);
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), Errc::malformed);
}

TEST(Inlet, a_head_that_was_moved_is_followed) {
    Ends ends;
    ends.write(5);
    ASSERT_TRUE(ends.subscription.drop_to(6, ends.log.position(), DropReason::conflated));
    ends.write(6);
    ASSERT_EQ(ends.inlet->take(10, ends.tracker).value(), 1u);
    Header header;
    EXPECT_TRUE(wire::decode_header_raw(ends.inlet->next().head, header));
    EXPECT_EQ(header.sequence, 6u);
    EXPECT_EQ(ends.tracker.arrive(6).by_reason[static_cast<std::size_t>(DropReason::conflated)],
              1u);
}

TEST(Inlet, a_head_that_was_moved_over_a_message_which_nobody_counts_loses_it_in_the_open) {
    Ends ends;
    ends.tracker.start(5);
    ends.write(5);
    ASSERT_TRUE(ends.subscription.drop_to(6, ends.log.position(), memory::Drops{}));
    ends.write(6);
    ASSERT_EQ(ends.inlet->take(10, ends.tracker).value(), 1u);
    EXPECT_EQ(ends.tracker.arrive(6).count(), 1u);
    EXPECT_EQ(ends.tracker.unexplained(), 1u);
}

}  // namespace
}  // namespace mycelium::transport
