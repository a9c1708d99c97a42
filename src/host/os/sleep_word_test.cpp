#include "host/os/sleep_word.h"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <climits>
#include <new>
#include <vector>

#include "host/os/barrier.h"
#include "host/os/clock.h"
#include "host/os/doorbell.h"
#include "host/os/os_testing.h"
#include "host/os/shared_memory.h"
#include "host/os/thread.h"

namespace mycelium::os {
namespace {

bool has_futex_waitv() {
    SleepWord word{awake};
    const std::array words{&word};
    return sleep_on(words, nullptr, 0, never) != Slept::unsupported;
}

class SleepWords : public testing::Test {
protected:
    void SetUp() override {
        if (!has_futex_waitv()) GTEST_SKIP() << "this kernel has no futex_waitv";
    }
    SleepWord first{asleep_in_futex};
    SleepWord second{asleep_in_futex};
    const std::array<SleepWord*, 2> words{&first, &second};
    std::atomic<std::uint32_t> own{7};
};

TEST(SleepWord, nobody_is_woken_who_is_awake) {
    SleepWord word{awake};
    EXPECT_EQ(ring(word), Wake::nobody);
}

TEST(SleepWord, the_ringer_learns_how_the_other_sleeps_once) {
    SleepWord word{asleep_in_futex};
    EXPECT_EQ(ring(word), Wake::futex);
    EXPECT_EQ(word.load(), awake);
    EXPECT_EQ(ring(word), Wake::nobody);
    word = asleep_in_poll;
    EXPECT_EQ(ring(word), Wake::by_socket);
    EXPECT_EQ(ring(word), Wake::nobody);
}

TEST(SleepWord, nonsense_in_it_is_taken_out_and_wakes_nobody) {
    for (const std::uint32_t nonsense : {3U, 127U, 0x8000'0000U, UINT_MAX}) {
        SleepWord word{nonsense};
        EXPECT_EQ(ring(word), Wake::nobody);
        EXPECT_EQ(word.load(), awake);
    }
}

TEST_F(SleepWords, a_word_that_has_changed_is_not_slept_on) {
    for (const std::uint32_t changed : {awake, asleep_in_poll, 3U, UINT_MAX}) {
        second = changed;
        EXPECT_EQ(sleep_on(words, &own, 7, never), Slept::woken);
    }
}

TEST_F(SleepWords, an_own_word_that_has_changed_is_not_slept_on) {
    own = 8;
    EXPECT_EQ(sleep_on(words, &own, 7, never), Slept::woken);
    EXPECT_EQ(sleep_on({}, &own, 7, never), Slept::woken);
}

TEST_F(SleepWords, the_deadline_ends_the_sleep_and_not_too_early) {
    const Instant deadline = after(std::chrono::milliseconds{2});
    Slept slept = Slept::woken;
    while (slept == Slept::woken) slept = sleep_on(words, &own, 7, deadline);
    EXPECT_EQ(slept, Slept::deadline);
    EXPECT_GE(now(), deadline);
}

TEST_F(SleepWords, a_deadline_in_the_past_looks_only) {
    EXPECT_EQ(sleep_on(words, nullptr, 0, Instant::min()), Slept::deadline);
    EXPECT_EQ(sleep_on(words, &own, 7, now() - std::chrono::seconds{1}), Slept::deadline);
    first = awake;
    EXPECT_EQ(sleep_on(words, nullptr, 0, Instant::min()), Slept::woken);
}

TEST_F(SleepWords, any_of_many_wakes) {
    std::array<SleepWord, slept_on_words_max> many;
    std::array<SleepWord*, slept_on_words_max> all;
    for (std::size_t index = 0; index < many.size(); ++index) {
        many[index] = asleep_in_futex;
        all[index] = &many[index];
    }
    Thread ringer = Thread::start("ringer", [&] { ring(many.back()); }).value();
    const Instant deadline = patience();
    while (all_asleep(all)) ASSERT_NE(sleep_on(all, &own, 7, deadline), Slept::deadline);
}

TEST_F(SleepWords, the_own_word_wakes) {
    Thread ringer =
        Thread::start("ringer", [&] {
            own = 8;
            ::syscall(SYS_futex, &own, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
        }).value();
    const Instant deadline = patience();
    while (own == 7) ASSERT_NE(sleep_on(words, &own, 7, deadline), Slept::deadline);
}

TEST_F(SleepWords, more_than_there_may_be_are_refused) {
    const std::vector<SleepWord*> many(slept_on_words_max + 1, &first);
    EXPECT_EQ(sleep_on(many, nullptr, 0, never), Slept::unsupported);
}

TEST_F(SleepWords, a_kernel_without_says_so) {
    EXPECT_EQ(sleep_on(words, &own, 7, never, {.has_futex_waitv = false}), Slept::unsupported);
}

/// Two ends that answer each other, each asleep in its word of a shared segment until rung.
struct Pair {
    alignas(64) SleepWord words[2];
    alignas(64) std::atomic<std::uint32_t> values[2];
};

// Stores `value`, and rings the other end. Waits as the protocol does: mark, barrier, look, sleep.
bool answer_and_await(Pair& pair, std::size_t end, std::uint32_t value, std::uint32_t wanted) {
    pair.values[end].store(value, std::memory_order_release);
    ring(pair.words[1 - end]);
    const std::array words{&pair.words[end]};
    const Instant deadline = patience();
    for (;;) {
        words[0]->store(asleep_in_futex, std::memory_order_relaxed);
        barrier_everywhere();
        const bool is_there = pair.values[1 - end].load(std::memory_order_acquire) == wanted;
        if (!is_there && sleep_on(words, nullptr, 0, deadline) != Slept::woken) return false;
        words[0]->store(awake, std::memory_order_relaxed);
        if (is_there) return true;
    }
}

TEST_F(SleepWords, no_wake_is_lost_between_two_processes) {
    if (!reachable_by_barriers()) GTEST_SKIP() << "this kernel has no membarrier";
    constexpr std::uint32_t rounds = 10'000;
    SharedMemory memory =
        SharedMemory::create("pair", sizeof(Pair), SharedMemory::Kind::subscription).value();
    Pair& pair = *::new (memory.data()) Pair{};
    const Inherited descriptor{memory.fd()};
    const pid_t child = start_child([&] {
        auto opened = SharedMemory::open(descriptor.take(), SharedMemory::Kind::subscription,
                                         sizeof(Pair), sizeof(Pair));
        if (!opened || !reachable_by_barriers()) return 2;
        Pair& theirs = *reinterpret_cast<Pair*>(opened->data());
        for (std::uint32_t round = 0; round < rounds; ++round) {
            if (!answer_and_await(theirs, 1, round, round + 1)) return 1;
        }
        theirs.values[1].store(rounds, std::memory_order_release);
        ring(theirs.words[0]);
        return 0;
    });
    for (std::uint32_t round = 1; round <= rounds; ++round) {
        ASSERT_TRUE(answer_and_await(pair, 0, round, round)) << "lost in round " << round;
    }
    EXPECT_EQ(end_of(child), 0);
}

TEST_F(SleepWords, a_doorbell_wakes_who_sleeps_on_words_as_well) {
    constexpr std::uint32_t rounds = 2'000;
    Doorbell ping;
    Doorbell pong;
    std::atomic<std::uint32_t> to{0};
    std::atomic<std::uint32_t> fro{0};
    const auto await = [&](Doorbell& bell, std::atomic<std::uint32_t>& word, std::uint32_t wanted) {
        for (;;) {
            const std::uint32_t ticket = bell.ticket();
            if (word.load(std::memory_order_relaxed) == wanted) return true;
            if (bell.wait(ticket, patience(), words) != Slept::woken) return false;
        }
    };
    Thread other = Thread::start("pong", [&] {
                       for (std::uint32_t round = 1; round <= rounds; ++round) {
                           if (!await(ping, to, round)) return;
                           fro.store(round, std::memory_order_relaxed);
                           pong.ring();
                       }
                   }).value();
    for (std::uint32_t round = 1; round <= rounds; ++round) {
        to.store(round, std::memory_order_relaxed);
        ping.ring();
        ASSERT_TRUE(await(pong, fro, round)) << "lost in round " << round;
    }
}

TEST_F(SleepWords, a_word_wakes_who_waits_at_a_doorbell) {
    Doorbell bell;
    Thread ringer = Thread::start("ringer", [&] { ring(second); }).value();
    EXPECT_EQ(bell.wait(bell.ticket(), patience(), words), Slept::woken);
    EXPECT_FALSE(all_asleep(words));
}

TEST_F(SleepWords, a_doorbell_rung_before_does_not_sleep) {
    Doorbell bell;
    const std::uint32_t ticket = bell.ticket();
    bell.ring();
    EXPECT_EQ(bell.wait(ticket, never, words), Slept::woken);
    EXPECT_EQ(bell.wait(ticket, never, words, {.has_futex_waitv = false}), Slept::woken);
}

TEST_F(SleepWords, a_doorbell_keeps_the_deadline_and_says_what_is_missing) {
    Doorbell bell;
    const Instant deadline = after(std::chrono::milliseconds{2});
    EXPECT_EQ(bell.wait(bell.ticket(), deadline, words), Slept::deadline);
    EXPECT_GE(now(), deadline);
    EXPECT_EQ(bell.wait(bell.ticket(), Instant::min(), words), Slept::deadline);
    EXPECT_EQ(bell.wait(bell.ticket(), never, words, {.has_futex_waitv = false}),
              Slept::unsupported);
    // The mark of the sleeper that could not sleep does not hide the next ring.
    const std::uint32_t ticket = bell.ticket();
    bell.ring();
    EXPECT_TRUE(bell.wait(ticket, never));
}

TEST_F(SleepWords, a_peer_that_wakes_for_nothing_does_not_end_the_wait_nor_outlast_the_deadline) {
    Doorbell bell;
    std::atomic<bool> is_over{false};
    Thread peer = Thread::start("peer", [&] {
                      while (!is_over) {
                          ::syscall(SYS_futex, &first, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
                      }
                  }).value();
    EXPECT_EQ(bell.wait(bell.ticket(), after(std::chrono::milliseconds{5}), words),
              Slept::deadline);
    is_over = true;
}

TEST(SecondLook, finds_what_nobody_rang_for_in_between_two_waits_and_only_where_words_are_marked) {
    const Instant deadline = patience();
    std::vector<Instant> waits;
    const auto wait = [&](Instant until) { return waits.push_back(until), false; };
    const auto found = [] { return true; };
    const auto nothing = [] { return false; };
    EXPECT_TRUE(wait_looking_again(true, deadline, found, wait));
    ASSERT_EQ(waits.size(), 1u);
    EXPECT_LT(waits[0], deadline);

    waits.clear();
    EXPECT_FALSE(wait_looking_again(true, deadline, nothing, wait));
    ASSERT_EQ(waits.size(), 2u);
    EXPECT_EQ(waits[1], deadline);

    waits.clear();
    EXPECT_FALSE(wait_looking_again(false, deadline, found, wait));
    EXPECT_EQ(waits, std::vector{deadline});
}

}  // namespace
}  // namespace mycelium::os
