#include "benchmarks/raw/twins.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/byte_channel.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/ring_channel.h"

namespace mycelium::bench {
namespace {

constexpr double patience_seconds = 20;
const Plan brief{64, 0.01};

/// A stream that forgets, repeats or spoils the messages that the test says.
struct Scripted {
    std::vector<Arrival> arrivals;
    std::size_t next = 0;
    Arrival receive() { return next < arrivals.size() ? arrivals[next++] : Arrival{}; }
};

Arrival good(std::uint64_t number, bool is_last = false) {
    return {number, Arrival::Kind::good, is_last};
}

TEST(Stamp, the_number_is_at_both_ends) {
    std::array<std::byte, 24> message{};
    stamp(message, 5 | last_bit);
    const Arrival arrival = read_stamp(message);
    EXPECT_EQ(arrival.kind, Arrival::Kind::good);
    EXPECT_EQ(arrival.number, 5u);
    EXPECT_TRUE(arrival.is_last);
}

TEST(Stamp, two_different_ends_are_wrong) {
    std::array<std::byte, 24> message{};
    stamp(message, 5);
    message.back() = std::byte{1};
    EXPECT_EQ(read_stamp(message).kind, Arrival::Kind::wrong);
}

TEST(Sink, missing_numbers_are_lost_and_repeated_ones_wrong) {
    Arena arena;
    Scripted stream{{good(1),
                     good(2),
                     good(5),
                     good(5),
                     {0, Arrival::Kind::wrong, false},
                     good(6),
                     good(8, true)}};
    sink(arena, arena.far, stream);
    EXPECT_EQ(arena.far.lost, 3u);  // 3, 4 and 7
    EXPECT_EQ(arena.far.wrong, 2u);
}

TEST(Sink, counts_from_where_the_warm_up_ended) {
    Arena arena;
    arena.counted_from = 3;
    Scripted stream{{good(1), good(2), good(3), good(4), good(5, true)}};
    sink(arena, arena.far, stream);
    EXPECT_EQ(arena.far.messages, 4u);
    EXPECT_EQ(arena.far.counted, 2u);
}

TEST(Sink, a_stream_that_ends_without_its_last_message_is_an_error) {
    Arena arena;
    Scripted stream{{good(1)}};
    EXPECT_THROW(sink(arena, arena.far, stream), std::runtime_error);
}

TEST(Ping, another_number_than_the_one_sent_is_wrong) {
    Arena arena;
    ping(arena.near, brief, [](std::uint64_t number) {
        return good((number & ~last_bit) == 1 ? 99 : number & ~last_bit);
    });
    EXPECT_EQ(arena.near.wrong, 1u);
    EXPECT_GT(arena.near.counted, 0u);
    EXPECT_LE(arena.near.p50_ns, arena.near.p99_ns);
}

TEST(Twins, both_sides_share_the_arena) {
    Twins twins;
    twins.near = [](Arena& arena) {
        arena.far.await(1);
        arena.near.counted = arena.far.messages;
        arena.near.elapsed_ns = 1'000'000'000;
    };
    twins.far = [](Arena& arena) {
        arena.far.messages = 7;
        arena.far.reach(1);
    };
    for (Company company : {Company::processes, Company::threads}) {
        twins.company = company;
        const Measurement measured = run_twins(twins, patience_seconds);
        EXPECT_EQ(measured.error, "");
        EXPECT_EQ(measured.messages, 7u);
        EXPECT_EQ(measured.per_second, 7);
    }
}

TEST(Twins, what_a_side_throws_is_the_error_although_the_other_one_waits_for_ever) {
    Twins twins;
    twins.near = [](Arena& arena) { arena.far.await(1); };
    twins.far = [](Arena&) { throw std::runtime_error("no such socket"); };
    for (Company company : {Company::processes, Company::threads}) {
        twins.company = company;
        EXPECT_EQ(run_twins(twins, patience_seconds).error, "no such socket");
    }
}

TEST(Twins, a_side_that_hangs_is_ended_and_leaves_no_process) {
    Twins twins;
    twins.near = [](Arena& arena) { arena.far.await(1); };
    twins.far = [](Arena& arena) { arena.near.await(1); };
    EXPECT_NE(run_twins(twins, 0.05).error.find("hung"), std::string::npos);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(Twins, a_side_that_is_killed_is_told) {
    Twins twins;
    twins.near = [](Arena& arena) { arena.far.await(1); };
    twins.far = [](Arena&) { ::kill(::getpid(), SIGKILL); };
    EXPECT_NE(run_twins(twins, patience_seconds).error.find("killed"), std::string::npos);
}

TEST(Twins, every_receiver_of_a_fan_out_has_a_side_of_its_own) {
    Twins twins;
    twins.near = [](Arena& arena) {
        for (std::size_t i = 0; i < arena.receivers; ++i) arena.receiver(i).await(1);
        arena.near.messages = 10;
    };
    const auto receive = [](std::size_t index) {
        return [index](Arena& arena) {
            Side& side = arena.receiver(index);
            side.counted = 100;
            side.elapsed_ns = std::uint64_t{1'000'000'000} * (index == 2 ? 4 : 1);
            side.lost = side.cpu_ns = 10;
            side.reach(1);
        };
    };
    twins.far = receive(0);
    for (std::size_t i = 1; i < receivers_max; ++i) twins.others.push_back(receive(i));
    const Measurement measured = run_twins(twins, patience_seconds);
    EXPECT_EQ(measured.error, "");
    EXPECT_EQ(measured.per_second, 25);  // of the slowest
    EXPECT_EQ(measured.lost, 10 * receivers_max);
    EXPECT_EQ(measured.cpu_ns_per_message, receivers_max);
}

TEST(Twins, a_receiver_that_fails_ends_the_fan_out) {
    Twins twins;
    twins.near = [](Arena& arena) { arena.others[1].await(1); };
    twins.far = [](Arena& arena) { arena.others[1].await(1); };
    twins.others = {[](Arena& arena) { arena.others[1].await(1); },
                    [](Arena&) { throw std::runtime_error("no memory"); }};
    EXPECT_EQ(run_twins(twins, patience_seconds).error, "no memory");
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(Ring, no_slot_is_overwritten_before_its_last_reader_has_given_it_back) {
    const SharedRing ring(1 << 16, {RingWait::spin, true, 1}, 2);
    ASSERT_EQ(ring.slots(), 4u);
    RingWriter writer(ring);
    RingReader reader(ring, 0);
    RingReader slow(ring, 1);
    for (std::uint64_t number = 1; number <= ring.slots(); ++number) writer.send(number);
    std::thread sender([&] { writer.send(5); });
    for (std::uint64_t number = 1; number <= 4; ++number)
        EXPECT_EQ(reader.receive().number, number);
    EXPECT_EQ(ring.words().written, 4u);
    for (std::uint64_t number = 1; number <= 5; ++number) EXPECT_EQ(slow.receive().number, number);
    sender.join();
    EXPECT_EQ(reader.receive().number, 5u);
}

TEST(Ring, many_at_once_are_told_when_they_are_many_or_flushed) {
    const SharedRing ring(64, {RingWait::spin, false, 16});
    RingWriter writer(ring);
    for (std::uint64_t number = 1; number <= 15; ++number) writer.send(number);
    EXPECT_EQ(ring.words().written, 0u);
    writer.send(16);
    EXPECT_EQ(ring.words().written, 16u);
    writer.send(17);
    EXPECT_EQ(ring.words().written, 16u);
    writer.flush();
    EXPECT_EQ(ring.words().written, 17u);
}

TEST(Ring, whoever_sleeps_is_woken_and_nothing_is_lost) {
    for (RingWait wait : {RingWait::spin, RingWait::sleep, RingWait::spin_then_sleep}) {
        for (std::size_t at_once : {1u, 16u}) {
            for (std::size_t receivers : {std::size_t{1}, receivers_max}) {
                const RingManner manner{wait, false, at_once};
                EXPECT_TRUE(raw_ring_stream(manner, brief, receivers).is_good());
            }
        }
        EXPECT_TRUE(raw_ring_round_trip({wait}, brief).is_good());
    }
}

TEST(Baselines, every_one_arrives_whole) {
    const std::size_t sizes[] = {16, 64, 65536, 1 << 20};
    for (SocketKind kind : {SocketKind::unix_stream, SocketKind::tcp_loopback}) {
        for (std::size_t bytes : sizes) {
            const Plan plan{bytes, 0.01};
            EXPECT_TRUE(raw_round_trip(kind, plan).is_good());
            EXPECT_TRUE(raw_stream(kind, plan, false).is_good());
            EXPECT_TRUE(raw_stream(kind, plan, true).is_good());
        }
    }
    for (std::size_t bytes : sizes) {
        const Plan plan{bytes, 0.01};
        for (bool copies : {false, true}) {
            EXPECT_TRUE(raw_ring_round_trip({RingWait::spin, copies}, plan).is_good());
            EXPECT_TRUE(raw_ring_stream({RingWait::spin, copies}, plan).is_good());
        }
    }
    EXPECT_TRUE(raw_socket_fan_out(brief, receivers_max).is_good());
    EXPECT_TRUE(raw_pointer_round_trip(brief).is_good());
    EXPECT_TRUE(raw_pointer_stream(brief).is_good());
    EXPECT_TRUE(raw_queue_round_trip(brief).is_good());
    EXPECT_TRUE(raw_queue_stream(brief).is_good());
    EXPECT_TRUE(raw_trade(brief).is_good());
}

}  // namespace
}  // namespace mycelium::bench
