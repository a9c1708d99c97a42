#include "benchmarks/own/resource_groups.h"

#include <gtest/gtest.h>

#include "benchmarks/own/copies.h"
#include "benchmarks/own/idle.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/syscalls.h"

namespace mycelium::bench {
namespace {

constexpr Plan brief{64 << 10, 0.01};

double good_amount(const Measurement& measured) {
    EXPECT_EQ(measured.error, "");
    EXPECT_TRUE(measured.is_good());
    return measured.amount;
}

TEST(Syscalls, a_bare_round_trip_is_two_writes_and_two_reads) {
    if (!syscalls_can_be_counted()) GTEST_SKIP() << "only for root, where tracefs is mounted";
    const auto round_trip = [] {
        return raw_round_trip(SocketKind::unix_stream, Plan{64, 0.05}).syscalls_per_message;
    };
    EXPECT_EQ(round_trip(), 0) << "counted without having been asked for";
    const CountingSyscalls counting;
    EXPECT_NEAR(round_trip(), 2, 0.1);
}

TEST(Idle, no_thread_of_an_idle_link_wakes_up) {
    for (const char* scheme : {"shm", "unix"}) {
        // On a busy machine what the ends still had to say may come late.
        double least = 1;
        for (int tries = 0; tries < 30 && least > 0; ++tries)
            least = good_amount(own_idle(scheme, brief, Idle::wake_ups));
        EXPECT_EQ(least, 0) << scheme;
    }
}

TEST(Idle, a_link_holds_memory_at_both_sides) {
    for (const Idle side : {Idle::publisher_memory, Idle::subscriber_memory})
        EXPECT_GT(good_amount(own_idle("shm", brief, side)), 0);
}

TEST(Copies, a_loan_is_not_copied_and_the_publishers_own_memory_once) {
    if (!copies_are_counted()) GTEST_SKIP() << "this build does not count them";
    for (const std::size_t bytes : {16u << 10, 64u << 10, 1u << 20}) {
        SCOPED_TRACE(bytes);
        const Plan plan{bytes, 0.01};
        EXPECT_LT(good_amount(own_copies("shm", plan, Copied::lent)), 0.01) << "but its head";
        EXPECT_NEAR(good_amount(own_copies("shm", plan, Copied::published)), 1, 0.01);
    }
}

}  // namespace
}  // namespace mycelium::bench
