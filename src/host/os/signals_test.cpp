#include "host/os/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <thread>

#include "host/os/poll.h"

namespace mycelium::os {
namespace {

TEST(StopSignal, the_first_signal_is_noted_and_stays_noted) {
    for (int number : {SIGINT, SIGTERM, SIGHUP}) {
        const StopSignal stop = StopSignal::create().value();
        EXPECT_FALSE(stop.came());
        std::array polled{Polled{stop.fd(), false, false}};
        EXPECT_EQ(poll(polled, after(Duration{0})).value(), 0);
        ::raise(number);
        EXPECT_TRUE(stop.came());
        EXPECT_EQ(poll(polled, never).value(), 1);
        EXPECT_EQ(poll(polled, never).value(), 1);
    }
}

TEST(StopSignal, a_second_one_ends_the_process) {
    EXPECT_EXIT(
        {
            const StopSignal stop = StopSignal::create().value();
            ::raise(SIGINT);
            std::this_thread::sleep_for(same_stop);
            ::raise(SIGTERM);
        },
        testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignal, one_that_is_told_twice_is_one) {
    const StopSignal stop = StopSignal::create().value();
    for (int number : {SIGTERM, SIGTERM, SIGINT}) ::raise(number);
    EXPECT_TRUE(stop.came());
}

TEST(StopSignal, a_forked_childs_signals_are_its_own) {
    const StopSignal stop = StopSignal::create().value();
    const pid_t child = ::fork();
    if (child == 0) {
        ::raise(SIGTERM);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
    EXPECT_FALSE(stop.came());
    std::array polled{Polled{stop.fd(), false, false}};
    EXPECT_EQ(poll(polled, after(Duration{0})).value(), 0);
}

TEST(StopSignal, there_is_one_at_a_time) {
    {
        const StopSignal stop = StopSignal::create().value();
        EXPECT_EQ(StopSignal::create().error().code(), Errc::invalid);
    }
    EXPECT_TRUE(StopSignal::create());
}

TEST(StopSignal, what_was_ignored_stays_ignored) {
    ::signal(SIGINT, SIG_IGN);
    const StopSignal stop = StopSignal::create().value();
    ::raise(SIGINT);
    EXPECT_FALSE(stop.came());
    ::signal(SIGINT, SIG_DFL);
}

}  // namespace
}  // namespace mycelium::os
