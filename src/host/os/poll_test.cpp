#include "host/os/poll.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <vector>

#include "host/os/clock.h"
#include "host/os/thread.h"

namespace mycelium::os {
namespace {

Fd event() { return Fd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

TEST(Poll, it_tells_which_are_ready) {
    const Fd quiet = event();
    const Fd loud = event();
    ::eventfd_write(loud.get(), 1);
    std::array polled{Polled{.fd = quiet.get()}, Polled{.fd = loud.get()}, Polled{.fd = -1},
                      Polled{.fd = quiet.get(), .for_writing = true}};
    EXPECT_EQ(poll(polled, never).value(), 2);
    EXPECT_FALSE(polled[0].is_ready);
    EXPECT_TRUE(polled[1].is_ready);
    EXPECT_FALSE(polled[2].is_ready);
    EXPECT_TRUE(polled[3].is_ready);
}

TEST(Poll, the_deadline_ends_it_and_not_too_early) {
    const Fd quiet = event();
    std::array polled{Polled{.fd = quiet.get(), .is_ready = true}};
    const Instant deadline = after(std::chrono::milliseconds{2});
    EXPECT_EQ(poll(polled, deadline).value(), 0);
    EXPECT_FALSE(polled[0].is_ready);
    EXPECT_GE(now(), deadline);
    EXPECT_EQ(poll(polled, Instant::min()).value(), 0);
}

TEST(Poll, more_than_fit_on_the_stack) {
    const Fd quiet = event();
    const Fd loud = event();
    ::eventfd_write(loud.get(), 1);
    std::vector<Polled> polled(1000, Polled{.fd = quiet.get()});
    polled.back().fd = loud.get();
    EXPECT_EQ(poll(polled, never).value(), 1);
    EXPECT_TRUE(polled.back().is_ready);
}

TEST(Poll, a_closed_descriptor_counts_as_ready) {
    int number = -1;
    {
        const Fd gone = event();
        number = gone.get();
    }
    std::array polled{Polled{.fd = number}};
    EXPECT_EQ(poll(polled, never).value(), 1);
}

class PollSets : public testing::TestWithParam<bool> {
protected:
    PollSet set = PollSet::create({.has_epoll_pwait2 = GetParam()}).value();
};
INSTANTIATE_TEST_SUITE_P(with_and_without_epoll_pwait2, PollSets, testing::Bool());

TEST_P(PollSets, the_key_comes_back) {
    const Fd quiet = event();
    const Fd loud = event();
    ASSERT_TRUE(set.add(quiet.get(), 1));
    ASSERT_TRUE(set.add(loud.get(), 22));
    ::eventfd_write(loud.get(), 1);
    std::array<std::uint64_t, 4> keys{};
    ASSERT_EQ(set.wait(keys, never).value(), 1U);
    EXPECT_EQ(keys[0], 22U);
}

TEST_P(PollSets, its_own_descriptor_is_readable_while_a_member_is) {
    const Fd member = event();
    ASSERT_TRUE(set.add(member.get(), 1));
    std::array polled{Polled{.fd = set.fd()}};
    EXPECT_EQ(poll(polled, now()).value(), 0);
    ::eventfd_write(member.get(), 1);
    EXPECT_EQ(poll(polled, now()).value(), 1);
    set.remove(member.get());
    EXPECT_EQ(poll(polled, now()).value(), 0);
}

TEST_P(PollSets, the_deadline_ends_it_and_not_too_early) {
    const Instant deadline = after(std::chrono::microseconds{300});
    std::array<std::uint64_t, 1> keys{};
    EXPECT_EQ(set.wait(keys, deadline).value(), 0U);
    EXPECT_GE(now(), deadline);
}

TEST_P(PollSets, a_descriptor_twice_is_refused) {
    const Fd member = event();
    ASSERT_TRUE(set.add(member.get(), 1));
    EXPECT_EQ(set.add(member.get(), 2).error(), Errc::invalid);
}

TEST_P(PollSets, a_signal_does_not_end_it) {
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, &before);
    const Fd member = event();
    ASSERT_TRUE(set.add(member.get(), 5));
    const pthread_t waiter = ::pthread_self();
    Thread disturber = Thread::start("disturber", [&] {
                           for (int count = 0; count < 20; ++count) {
                               ::pthread_kill(waiter, SIGUSR1);
                               ::sched_yield();
                           }
                           ::eventfd_write(member.get(), 1);
                       }).value();
    std::array<std::uint64_t, 1> keys{};
    EXPECT_EQ(set.wait(keys, never).value(), 1U);
    EXPECT_EQ(keys[0], 5U);
    disturber.join();
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_P(PollSets, a_forked_child_is_told) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::array<std::uint64_t, 1> keys{};
        const bool told = set.wait(keys, never).error() == Errc::closed;
        ::_exit(told && set.add(0, 1).error() == Errc::closed ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mycelium::os
