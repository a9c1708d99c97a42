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

/// Some messages, of bytes that are copied or that somebody else owns.
std::vector<Message> some(std::uint64_t& sequence, Random& random) {
    std::vector<Message> messages(1 + random() % 12);
    const std::size_t bytes_max = random() % 2 ? 33 : 3000;
    for (Message& message : messages) {
        message.header.sequence = sequence++;
        const Bytes bytes =
            Bytes::copy_of(bytes_of(message.header.sequence, 8 + random() % bytes_max));
        message.payload.bytes = bytes.span();
        message.payload.has_bytes = true;
        message.payload.owner = bytes.owner();
        message.origin.id = random() % 4 == 0 ? 5 : 0;
    }
    return messages;
}

void append(InprocLane& lane, const Message& message) {
    const Payload& payload = message.payload;
    lane.append({message.header, message.origin, message.call, nullptr, nullptr, payload.bytes,
                 true, payload.owner});
}

void push(InprocLane& lane, const std::vector<Message>& messages) {
    for (const Message& message : messages) append(lane, message);
    lane.commit();
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
        lane_.pop(messages_, limit, sequence_);
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
    wire::SequenceTracker sequence_;
    Progress progress_;
    std::uint64_t last_ = 0;
};

/// To a reader that has not asked for every third message or so.
void push_filtered(InprocLane& lane, const std::vector<Message>& messages, Random& random) {
    for (const Message& message : messages) {
        if (random() % 3 == 0)
            lane.pass_over(message.header, DropReason::not_asked_for);
        else
            append(lane, message);
    }
    lane.commit();
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
            push(lane, some(sequence, random));
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
    Message last;
    last.header.sequence = sequence++;
    const auto bytes = bytes_of(last.header.sequence, 8);  // no policy refuses that
    last.payload.bytes = bytes;
    push(lane, {last});
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
    for (unsigned round = 0; round < 6; ++round) {
        LaneLimits limits;
        limits.slow = static_cast<SlowReader>(round % 3);
        const bool is_paused_now_and_then = round >= 3;
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
                push(lane, some(sequence, random));
                if (is_paused_now_and_then && random() % 50 == 0) {
                    lane.pause(true);
                    push(lane, some(sequence, random));
                    lane.pause(false);
                }
            }
            push(lane, some(sequence, random));
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
