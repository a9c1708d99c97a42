#include "host/os/thread.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <csignal>
#include <string>

namespace mycelium::os {
namespace {

TEST(Thread, the_destructor_waits_for_the_body) {
    bool has_run = false;
    {
        const Thread thread = Thread::start("body", [&] { has_run = true; }).value();
    }
    EXPECT_TRUE(has_run);
}

TEST(Thread, it_bears_its_name_cut_to_what_the_kernel_keeps) {
    std::string seen;
    Thread::start("a name longer than fifteen",
                  [&] {
                      std::array<char, 32> name{};
                      ::pthread_getname_np(::pthread_self(), name.data(), name.size());
                      seen = name.data();
                  })
        .value()
        .join();
    EXPECT_EQ(seen, "a name longer t");
}

TEST(Thread, it_takes_no_signals_and_leaves_the_makers_mask_alone) {
    sigset_t before{};
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    bool blocks = false;
    Thread::start("signals",
                  [&] {
                      sigset_t inside{};
                      ::pthread_sigmask(SIG_SETMASK, nullptr, &inside);
                      blocks = ::sigismember(&inside, SIGTERM) == 1 &&
                               ::sigismember(&inside, SIGINT) == 1;
                  })
        .value()
        .join();
    EXPECT_TRUE(blocks);
    sigset_t after{};
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    EXPECT_EQ(::sigismember(&after, SIGTERM), ::sigismember(&before, SIGTERM));
}

TEST(Thread, a_thread_may_end_its_own_handle) {
    std::atomic<bool> go{false};
    std::atomic<bool> done{false};
    Thread thread;
    thread = Thread::start("itself", [&] {
                 while (!go.load()) ::sched_yield();
                 thread.join();
                 done.store(true);
             }).value();
    go.store(true);
    while (!done.load()) ::sched_yield();
    EXPECT_FALSE(thread.is_running());
}

TEST(Thread, in_a_forked_child_the_handle_is_empty_and_its_destructor_returns) {
    std::atomic<bool> stop{false};
    Thread thread = Thread::start("parents", [&] {
                        while (!stop.load()) ::sched_yield();
                    }).value();
    const pid_t child = ::fork();
    if (child == 0) {
        const bool was_running = thread.is_running();
        { const Thread gone = std::move(thread); }
        ::_exit(was_running ? 1 : 0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(thread.is_running());
    stop.store(true);
}

}  // namespace
}  // namespace mycelium::os
