#include "host/os/barrier.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "host/os/clock.h"
#include "host/os/os_testing.h"
#include "host/os/shared_memory.h"

namespace mycelium::os {
namespace {

struct alignas(64) Line {
    std::atomic<std::uint32_t> word{0};
};

/// One store and one load on each side. Whoever stores, then loads, without a fence, may load
/// before its store is seen.
struct Shared {
    alignas(64) std::atomic<std::uint32_t> round{0};
    alignas(64) std::atomic<std::uint32_t> ready{0};
    alignas(64) std::atomic<std::uint32_t> mark{0};
    alignas(64) std::atomic<std::uint32_t> data{0};
    alignas(64) std::atomic<std::uint32_t> mark_seen{0};
    std::array<Line, 24> contended;
};

bool await(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
    const Instant deadline = patience();
    for (std::uint32_t look = 1; word.load(std::memory_order_acquire) != value; ++look) {
        if (look % 1024 != 0) continue;
        if (now() > deadline) return false;
        ::sched_yield();
    }
    return true;
}

// A store without a fence also in an unoptimised build, where std::atomic's own has one.
void store_plainly(std::atomic<std::uint32_t>& word, std::uint32_t value) {
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(&word), value, __ATOMIC_RELAXED);
}

// Stores to lines that the other side has just written wait for them one after the other, and
// what is stored behind them waits as well: so the loads that follow overtake it.
void delay_stores(Shared& shared, std::uint32_t round) {
    for (Line& line : shared.contended) store_plainly(line.word, round);
}

void stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

/// Two that this process may run on; none: there is one only.
std::optional<std::pair<int, int>> two_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 2) return std::nullopt;
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    int second = first + 1;
    while (!CPU_ISSET(second, &set)) ++second;
    return std::pair{first, second};
}

// The side without a fence: stores data, then looks at the mark.
int look_without_fence(Shared& shared, std::uint32_t rounds) {
    shared.ready.store(1, std::memory_order_release);
    for (std::uint32_t round = 1; round <= rounds; ++round) {
        if (!await(shared.round, round)) return 1;
        delay_stores(shared, round);
        store_plainly(shared.data, round);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        const std::uint32_t seen = shared.mark.load(std::memory_order_relaxed);
        shared.mark_seen.store(seen, std::memory_order_relaxed);
        shared.ready.store(round + 1, std::memory_order_release);
    }
    return 0;
}

/// The other side: stores the mark, asks for the barrier, looks at the data. -1: it was not to be
/// had, or the first one gave up.
template <class Barrier>
int times_both_are_blind(Shared& shared, std::uint32_t rounds, Barrier barrier) {
    if (!await(shared.ready, 1)) return -1;
    int both_blind = 0;
    for (std::uint32_t round = 1; round <= rounds; ++round) {
        shared.round.store(round, std::memory_order_release);
        delay_stores(shared, round);
        store_plainly(shared.mark, round);
        if (!barrier()) return -1;
        const bool saw_data = shared.data.load(std::memory_order_relaxed) == round;
        if (!await(shared.ready, round + 1)) return -1;
        const bool saw_mark = shared.mark_seen.load(std::memory_order_relaxed) == round;
        if (!saw_data && !saw_mark) ++both_blind;
    }
    return both_blind;
}

TEST(Barrier, one_that_asks_orders_another_process_that_has_no_fence) {
    if (!reachable_by_barriers()) GTEST_SKIP() << "this kernel has no membarrier";
    constexpr std::uint32_t rounds = 20'000;
    SharedMemory memory =
        SharedMemory::create("barrier", sizeof(Shared), SharedMemory::Kind::subscription).value();
    Shared& shared = *::new (memory.data()) Shared;
    const Inherited descriptor{memory.fd()};
    const pid_t child = start_child([&] {
        stay_on(::sched_getcpu());  // else it might have been elsewhere before it registers
        if (!reachable_by_barriers()) return 2;
        auto opened = SharedMemory::open(descriptor.take(), SharedMemory::Kind::subscription,
                                         sizeof(Shared), sizeof(Shared));
        if (!opened) return 3;
        return look_without_fence(*reinterpret_cast<Shared*>(opened->data()), rounds);
    });
    EXPECT_EQ(times_both_are_blind(shared, rounds, [] { return barrier_everywhere(); }), 0);
    EXPECT_EQ(end_of(child), 0);
}

TEST(Barrier, within_a_process_all_threads_are_reached_wherever_they_ran_before_it_registered) {
    constexpr std::uint32_t rounds = 20'000;
    const auto processors = two_processors();
    if (!processors) GTEST_SKIP() << "one processor orders everything";
    const int end = in_child([&] {
        const int first = processors->first, second = processors->second;
        // Its memory stays the second one's, which sleeps from then on.
        stay_on(second);
        const Instant until = now() + std::chrono::milliseconds{10};
        while (now() < until) {
        }
        stay_on(first);
        ::usleep(2000);
        if (!reachable_by_barriers()) return 77;
        const auto shared = std::make_unique<Shared>();
        std::thread other{[&] {
            stay_on(second);
            look_without_fence(*shared, rounds);
        }};
        const int blind = times_both_are_blind(*shared, rounds, [] { return barrier_within(); });
        other.join();
        return blind == 0 ? 0 : 1;
    });
    if (end == 77) GTEST_SKIP() << "this kernel has no membarrier";
    EXPECT_EQ(end, 0);
}

TEST(Barrier, registering_twice_is_as_good_as_once_also_in_a_child) {
    const bool is_reachable = reachable_by_barriers();
    EXPECT_EQ(reachable_by_barriers(), is_reachable);
    EXPECT_EQ(in_child([&] { return reachable_by_barriers() == is_reachable ? 0 : 1; }), 0);
}

TEST(Barrier, a_kernel_without_says_so) {
    EXPECT_FALSE(reachable_by_barriers({.has_membarrier = false}));
    EXPECT_FALSE(barrier_everywhere({.has_membarrier = false}));
    EXPECT_FALSE(barrier_within({.has_membarrier = false}));
}

}  // namespace
}  // namespace mycelium::os
