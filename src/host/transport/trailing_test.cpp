#include "host/transport/trailing.h"

#include <gtest/gtest.h>

#include <new>

#include <mycelium/limits.h>

#include "host/memory/log_writer.h"

namespace mycelium::transport {
namespace {

constexpr std::uint64_t position = 64 * memory::record_step;
constexpr int takes = 100'000;

/// A log of which only the publisher's position is of interest.
struct Publisher {
    memory::LogWriter writer = *memory::LogWriter::create(64 * KiB, {});
    memory::LogReader log = *memory::LogReader::over(writer.memory().span());

    void is_at(std::uint64_t next) {
        auto* const metadata = reinterpret_cast<memory::LogMetadata*>(writer.memory().data() +
                                                                      sizeof(memory::LogHeader));
        metadata->next_position.store(next);
    }
    /// How many of many takes left something alone.
    int limited(Trailing& trailing, std::uint64_t from) const {
        int count = 0;
        for (int i = 0; i < takes; ++i) count += trailing.end(log, from) != Trailing::everything;
        return count;
    }
};

TEST(Trailing, leaves_nothing_alone_of_a_publisher_that_waits) {
    Publisher publisher;
    Trailing trailing;
    publisher.is_at(position + 96);
    EXPECT_EQ(publisher.limited(trailing, position), 0);
}

TEST(Trailing, stays_behind_a_stream_until_that_pauses) {
    Publisher publisher;
    Trailing trailing;
    publisher.is_at(position + 64 * KiB);
    std::uint64_t end = Trailing::everything;
    for (int i = 0; i < takes && end == Trailing::everything; ++i)
        end = trailing.end(publisher.log, position);
    ASSERT_NE(end, Trailing::everything) << "found no stream";
    EXPECT_GT(end, position);
    EXPECT_LT(end, position + 64 * KiB);
    publisher.is_at(position + 128 * KiB);
    const std::uint64_t next = trailing.end(publisher.log, end);
    EXPECT_EQ(next, end + 64 * KiB);
    EXPECT_EQ(trailing.end(publisher.log, next), Trailing::everything) << "it has paused";
}

TEST(Trailing, is_not_held_up_by_a_position_that_is_none) {
    for (const std::uint64_t nonsense : {std::uint64_t{0}, position - 96, UINT64_MAX}) {
        Publisher publisher;
        Trailing trailing;
        publisher.is_at(nonsense);
        EXPECT_EQ(publisher.limited(trailing, position), 0) << nonsense;
    }
}

}  // namespace
}  // namespace mycelium::transport
