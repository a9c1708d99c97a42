// A lane under thousands of random histories: nothing is lost, changed or counted wrongly.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "host/transport/inproc_lane.h"
#include "host/transport/progress.h"

namespace mycelium::transport {
namespace {

using Random = std::mt19937;

/// The number, then as many bytes that follow from it.
std::vector<std::byte> bytes_of(std::uint64_t number, std::size_t size) {
    std::vector<std::byte> bytes(size, static_cast<std::byte>(number * 7));
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

bool is_whole(const Message& message) {
    const auto bytes = message.payload.bytes;
    const auto expected = bytes_of(message.header.sequence, bytes.size());
    return std::equal(bytes.begin(), bytes.end(), expected.begin(), expected.end());
}

/// Some messages, kept together, copied into the batch or owned by somebody else.
std::shared_ptr<const InprocBatch> some(std::uint64_t& sequence, Random& random) {
    const std::size_t count = 1 + random() % 12;
    if (random() % 2 == 0) {
        const auto batch = InprocBatch::make(count, count * 40);
        for (std::size_t i = 0; i < count; ++i) {
            Header header;
            header.sequence = sequence++;
            batch->add(header, {}, bytes_of(header.sequence, 8 + random() % 33));
        }
        return batch;
    }
    std::vector<Message> messages(count);
    std::vector<Bytes> kept;
    for (Message& message : messages) {
        message.header.sequence = sequence++;
        kept.push_back(Bytes::copy_of(bytes_of(message.header.sequence, 8 + random() % 3000)));
        message.payload.bytes = kept.back().span();
        message.payload.has_bytes = true;
        if (random() % 2 == 0) message.payload.owner = kept.back().owner();
    }
    return InprocBatch::of(messages).front();
}

LaneLimits some_limits(Random& random) {
    LaneLimits limits;
    limits.slow = static_cast<SlowReader>(random() % 3);  // the one left out closes the link
    limits.messages_max = 1 + random() % 20;
    limits.bytes_max = 100 + random() % 20'000;
    limits.message_bytes_max = random() % 2 ? 100'000 : 1500;
    limits.is_pubsub = true;
    return limits;
}

/// Reads, and holds what it is told against what was written.
class Reader {
public:
    explicit Reader(InprocLane& lane) : lane_(lane) {}
    std::size_t read(std::size_t limit) {
        messages_.clear();
        held_.clear();
        lane_.pop(messages_, held_, limit, sequence_);
        EXPECT_LE(messages_.size(), limit);
        std::uint64_t finished = 0;
        for (const Message& message : messages_) {
            EXPECT_TRUE(is_whole(message));
            EXPECT_EQ(message.missed.total(), message.header.sequence - last_ - 1);
            last_ = message.header.sequence;
            ++received;
            missed += message.missed.total();
            finished += progress_.is_next(message) ? 1 : progress_.step(message, sequence_);
        }
        if (!messages_.empty()) lane_.count_delivered(messages_.size(), finished);
        return messages_.size();
    }
    std::uint64_t received = 0;
    std::uint64_t missed = 0;

private:
    InprocLane& lane_;
    std::vector<Message> messages_;
    std::vector<InprocPart> held_;
    wire::SequenceTracker sequence_;
    Progress progress_;
    std::uint64_t last_ = 0;
};

/// To a reader that has not asked for every third message or so.
void push_filtered(InprocLane& lane, const std::shared_ptr<const InprocBatch>& batch,
                   Random& random) {
    InprocPart wanted{batch};
    for (const InprocBatch::Item& item : batch->items()) {
        ++wanted.last;
        if (random() % 3 != 0) continue;
        --wanted.last;
        lane.push(wanted);
        lane.pass_over(item.header(), DropReason::not_asked_for);
        wanted.first = ++wanted.last;
    }
    lane.push(wanted);
}

void live(unsigned seed) {
    SCOPED_TRACE(seed);
    Random random{seed};
    const LaneLimits limits = some_limits(random);
    InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
    lane.start(1);
    Reader reader{lane};
    std::uint64_t sequence = 1;
    bool is_paused = false;
    for (int step = 0; step < 300; ++step) {
        const auto chance = random() % 16;
        if (chance < 6) {
            const auto batch = some(sequence, random);
            lane.push({batch, 0, batch->items().size()});
        } else if (chance < 9) {
            push_filtered(lane, some(sequence, random), random);
        } else if (chance < 14) {
            reader.read(1 + random() % 30);
        } else if (chance == 14) {
            lane.pause(is_paused = !is_paused);
        } else {
            lane.demote();
        }
        const LinkCounters counters = lane.counters();
        ASSERT_TRUE(counters.is_balanced());
        ASSERT_TRUE(limits.slow == SlowReader::block || counters.queued <= limits.messages_max);
    }
    lane.pause(false);
    Header last;
    last.sequence = sequence++;
    const auto batch = InprocBatch::make(1, 8);
    batch->add(last, {}, bytes_of(last.sequence, 8));
    lane.push({batch, 0, 1});
    while (lane.counters().queued != 0) reader.read(7);
    EXPECT_EQ(reader.received + reader.missed, sequence - 1);
    const LinkCounters counters = lane.counters();
    EXPECT_EQ(lane.bytes(), 0u);
    EXPECT_EQ(counters.in_flight(), 0u);
    EXPECT_EQ(counters.delivered, reader.received);
    EXPECT_EQ(counters.dropped_total(), reader.missed);
}

TEST(InprocLaneModel, whatever_happens_every_message_is_received_or_missed) {
    for (unsigned seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) live(seed);
}

TEST(InprocLaneModel, two_threads_agree_on_what_was_lost) {
    for (unsigned round = 0; round < 4; ++round) {
        LaneLimits limits;
        limits.slow = round % 2 ? SlowReader::drop_oldest : SlowReader::block;
        limits.messages_max = 64;
        limits.bytes_max = limits.message_bytes_max = 1 * MiB;
        limits.is_pubsub = true;
        InprocLane lane{limits, std::make_shared<os::Doorbell>(), memory::private_link_cell()};
        lane.start(1);
        const auto bell = std::make_shared<os::Doorbell>();
        std::atomic<std::uint64_t> written{0};
        std::thread writer{[&] {
            Random random{round};
            std::uint64_t sequence = 1;
            while (sequence < 5000) {
                constexpr std::size_t most = 12, bytes = most * 3008;
                while (!lane.has_room(most, bytes)) {
                    const auto ticket = bell->ticket();
                    lane.await_room(bell);
                    if (!lane.has_room(most, bytes)) (void)bell->wait(ticket, never);
                }
                const auto batch = some(sequence, random);
                lane.push({batch, 0, batch->items().size()});
            }
            written = sequence - 1;
        }};
        Reader reader{lane};
        for (bool is_over = false; !is_over;) {
            const bool all_written = written != 0;
            is_over = reader.read(50) == 0 && all_written;
        }
        writer.join();
        EXPECT_EQ(reader.received + reader.missed, written.load());
        EXPECT_TRUE(lane.counters().is_balanced());
    }
}

}  // namespace
}  // namespace mycelium::transport
