#include "host/os/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace mycelium::os {
namespace {

TEST(Process, its_start_tells_it_from_another_of_that_number) {
    const std::uint64_t start = process_start_ticks();
    EXPECT_NE(start, 0u);
    EXPECT_EQ(process_start_ticks(::getpid()), start);
    EXPECT_TRUE(is_running(::getpid(), start));
    EXPECT_FALSE(is_running(::getpid(), start + 1));
}

TEST(Process, one_that_was_killed_and_not_waited_for_does_not_run) {
    const pid_t child = ::fork();
    if (child == 0) ::pause();
    const std::uint64_t start = process_start_ticks(child);
    EXPECT_TRUE(is_running(child, start));
    ::kill(child, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(is_running(child, start));
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(process_start_ticks(child), 0u);
}

TEST(Process, this_one_is_not_the_kernels) { EXPECT_FALSE(is_kernel_thread(::getpid())); }

}  // namespace
}  // namespace mycelium::os
