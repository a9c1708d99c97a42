#include "host/os/doorbell.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <vector>

#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/thread.h"

namespace mycelium::os {
namespace {

// Longer than any scheduling hiccup: only a lost ring reaches it.
Instant patience() { return after(std::chrono::seconds{60}); }

bool is_readable(int fd) {
    std::array polled{Polled{.fd = fd}};
    return poll(polled, now()).value() == 1;
}

TEST(Doorbell, a_ring_after_the_ticket_ends_the_wait_at_once) {
    Doorbell bell;
    const std::uint32_t ticket = bell.ticket();
    bell.ring();
    EXPECT_TRUE(bell.wait(ticket, patience()));
    EXPECT_NE(bell.ticket(), ticket);
}

TEST(Doorbell, a_ring_before_the_ticket_is_not_heard) {
    Doorbell bell;
    bell.ring();
    EXPECT_FALSE(bell.wait(bell.ticket(), after(std::chrono::milliseconds{1})));
}

TEST(Doorbell, the_deadline_ends_the_wait_and_not_too_early) {
    Doorbell bell;
    const Instant deadline = after(std::chrono::milliseconds{2});
    EXPECT_FALSE(bell.wait(bell.ticket(), deadline));
    EXPECT_GE(now(), deadline);
    EXPECT_FALSE(bell.wait(bell.ticket(), Instant::min()));
}

TEST(Doorbell, no_ring_is_lost_between_two_threads_that_wait_for_each_other) {
    constexpr int rounds = 20'000;
    Doorbell ping;
    Doorbell pong;
    std::atomic<int> to{0};
    std::atomic<int> fro{0};
    const auto await = [](Doorbell& bell, std::atomic<int>& word, int wanted) {
        for (;;) {
            const std::uint32_t ticket = bell.ticket();
            if (word.load(std::memory_order_relaxed) == wanted) return true;
            if (!bell.wait(ticket, patience())) return false;
        }
    };
    Thread other = Thread::start("pong", [&] {
                       for (int round = 1; round <= rounds; ++round) {
                           if (!await(ping, to, round)) return;
                           fro.store(round, std::memory_order_relaxed);
                           pong.ring();
                       }
                   }).value();
    for (int round = 1; round <= rounds; ++round) {
        to.store(round, std::memory_order_relaxed);
        ping.ring();
        ASSERT_TRUE(await(pong, fro, round)) << "lost in round " << round;
    }
}

// The value is plain memory: ThreadSanitizer sees whether ring and wait order it.
TEST(Doorbell, what_was_written_before_the_ring_is_seen_after_the_wait) {
    Doorbell bell;
    const std::uint32_t ticket = bell.ticket();
    int value = 0;
    Thread ringer = Thread::start("ringer", [&] {
                        value = 42;
                        bell.ring();
                    }).value();
    ASSERT_TRUE(bell.wait(ticket, patience()));
    EXPECT_EQ(value, 42);
}

TEST(Doorbell, one_ring_wakes_all_sleepers) {
    Doorbell bell;
    const std::uint32_t ticket = bell.ticket();
    std::atomic<int> woken{0};
    std::vector<Thread> sleepers;
    for (int count = 0; count < 8; ++count) {
        sleepers.push_back(Thread::start("sleeper", [&] {
                               if (bell.wait(ticket, patience())) woken.fetch_add(1);
                           }).value());
    }
    bell.ring();
    sleepers.clear();
    EXPECT_EQ(woken.load(), 8);
}

// Sleepers come and go while ringers ring: whoever saw the count unfinished must be rung again.
TEST(Doorbell, many_ringers_and_many_sleepers_all_come_to_an_end) {
    constexpr int ringers = 2;
    constexpr int rings = 10'000;
    Doorbell bell;
    std::atomic<int> done{0};
    std::atomic<int> lost{0};
    std::vector<Thread> threads;
    for (int count = 0; count < 3; ++count) {
        threads.push_back(Thread::start("sleeper", [&] {
                              for (;;) {
                                  const std::uint32_t ticket = bell.ticket();
                                  if (done.load(std::memory_order_relaxed) == ringers * rings)
                                      return;
                                  if (!bell.wait(ticket, patience())) lost.fetch_add(1);
                              }
                          }).value());
    }
    for (int count = 0; count < ringers; ++count) {
        threads.push_back(Thread::start("ringer", [&] {
                              for (int ring = 0; ring < rings; ++ring) {
                                  done.fetch_add(1, std::memory_order_relaxed);
                                  bell.ring();
                                  if (ring % 64 == 0) ::sched_yield();
                              }
                          }).value());
    }
    threads.clear();
    EXPECT_EQ(lost.load(), 0);
}

TEST(Doorbell, the_descriptor_is_readable_from_a_ring_until_quiet_while_announced) {
    Doorbell bell;
    const int fd = bell.fd().value();
    EXPECT_EQ(bell.fd().value(), fd);
    bell.ring();
    EXPECT_FALSE(is_readable(fd));
    bell.announce();
    bell.ring();
    bell.ring();
    EXPECT_TRUE(is_readable(fd));
    EXPECT_TRUE(is_readable(fd));
    bell.quiet();
    EXPECT_FALSE(is_readable(fd));
    bell.ring();
    EXPECT_TRUE(is_readable(fd));
    bell.quiet();
    bell.withdraw();
    bell.ring();
    EXPECT_FALSE(is_readable(fd));
}

TEST(Doorbell, no_ring_is_lost_between_two_threads_that_poll) {
    constexpr int rounds = 10'000;
    Doorbell ping;
    Doorbell pong;
    ASSERT_TRUE(ping.fd().ok() && pong.fd().ok());
    std::atomic<int> to{0};
    std::atomic<int> fro{0};
    const auto await = [](Doorbell& bell, std::atomic<int>& word, int wanted) {
        while (word.load(std::memory_order_relaxed) != wanted) {
            bell.announce();
            bool is_ready = true;
            if (word.load(std::memory_order_relaxed) != wanted) {
                std::array polled{Polled{.fd = bell.fd().value()}};
                is_ready = poll(polled, patience()).value() == 1;
            }
            bell.withdraw();
            bell.quiet();
            if (!is_ready) return false;
        }
        return true;
    };
    Thread other = Thread::start("pong", [&] {
                       for (int round = 1; round <= rounds; ++round) {
                           if (!await(ping, to, round)) return;
                           fro.store(round, std::memory_order_relaxed);
                           pong.ring();
                       }
                   }).value();
    for (int round = 1; round <= rounds; ++round) {
        to.store(round, std::memory_order_relaxed);
        ping.ring();
        ASSERT_TRUE(await(pong, fro, round)) << "lost in round " << round;
    }
}

// As a port does whose descriptor is in a stranger's loop: announced once, quiet() before each last
// look.
TEST(Doorbell, a_consumer_that_stays_announced_misses_nothing_of_a_burst) {
    constexpr int items = 50'000;
    Doorbell bell;
    const int fd = bell.fd().value();
    bell.announce();
    std::atomic<int> made{0};
    Thread producer = Thread::start("producer", [&] {
                          for (int item = 0; item < items; ++item) {
                              made.fetch_add(1, std::memory_order_relaxed);
                              bell.ring();
                          }
                      }).value();
    int taken = 0;
    while (taken < items) {
        std::array polled{Polled{.fd = fd}};
        ASSERT_EQ(poll(polled, patience()).value(), 1) << "lost after " << taken;
        bell.quiet();
        taken = made.load(std::memory_order_relaxed);
    }
}

TEST(Doorbell, threads_that_ask_for_the_descriptor_at_once_get_the_same) {
    for (int round = 0; round < 50; ++round) {
        Doorbell bell;
        std::array<int, 4> seen{};
        std::vector<Thread> askers;
        for (int& fd : seen) {
            askers.push_back(Thread::start("asker", [&] { fd = bell.fd().value(); }).value());
        }
        askers.clear();
        for (const int fd : seen) EXPECT_EQ(fd, seen[0]);
    }
}

TEST(Doorbell, without_free_descriptors_the_caller_is_told_and_may_try_again) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    Doorbell bell;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto refused = bell.fd();
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(refused.error(), Errc::overloaded);
    EXPECT_EQ(refused.error().detail(), EMFILE);
    EXPECT_TRUE(bell.fd().ok());
}

TEST(Doorbell, a_forked_child_writes_to_nobodys_file) {
    Doorbell bell;
    const int number = bell.fd().value();
    bell.announce();
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::dup2(ends[1], number) != number) ::_exit(1);
        bell.ring();
        bell.quiet();
        ::close(ends[1]);
        ::close(number);
        char byte = 0;
        if (::read(ends[0], &byte, 1) != 0) ::_exit(2);
        ::_exit(bell.fd().error() == Errc::closed ? 0 : 3);
    }
    ::close(ends[1]);
    int status = -1;
    ::waitpid(child, &status, 0);
    ::close(ends[0]);
    EXPECT_EQ(status, 0);
    EXPECT_FALSE(is_readable(number));
}

}  // namespace
}  // namespace mycelium::os
