#include "benchmarks/raw/twins.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/byte_channel.h"
#include "benchmarks/raw/measure.h"

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
    sink(arena, stream);
    EXPECT_EQ(arena.far.lost, 3u);  // 3, 4 and 7
    EXPECT_EQ(arena.far.wrong, 2u);
}

TEST(Sink, counts_from_where_the_warm_up_ended) {
    Arena arena;
    arena.counted_from = 3;
    Scripted stream{{good(1), good(2), good(3), good(4), good(5, true)}};
    sink(arena, stream);
    EXPECT_EQ(arena.far.messages, 4u);
    EXPECT_EQ(arena.far.counted, 2u);
}

TEST(Sink, a_stream_that_ends_without_its_last_message_is_an_error) {
    Arena arena;
    Scripted stream{{good(1)}};
    EXPECT_THROW(sink(arena, stream), std::runtime_error);
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
    EXPECT_TRUE(raw_pointer_round_trip(brief).is_good());
    EXPECT_TRUE(raw_pointer_stream(brief).is_good());
    EXPECT_TRUE(raw_queue_round_trip(brief).is_good());
    EXPECT_TRUE(raw_queue_stream(brief).is_good());
    EXPECT_TRUE(raw_trade(brief).is_good());
}

}  // namespace
}  // namespace mycelium::bench
