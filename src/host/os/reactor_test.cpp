#include "host/os/reactor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "host/os/clock.h"
#include "host/os/fd.h"
#include "host/os/thread.h"

namespace mycelium::os {
namespace {

using namespace std::chrono_literals;

Fd event(unsigned count = 0) { return Fd::adopt(::eventfd(count, EFD_CLOEXEC | EFD_NONBLOCK)); }

class Reactors : public testing::TestWithParam<bool> {
protected:
    Kernel kernel{.has_epoll_pwait2 = GetParam()};
    std::unique_ptr<Reactor> reactor = Reactor::create(kernel).value();
};
INSTANTIATE_TEST_SUITE_P(with_and_without_epoll_pwait2, Reactors, testing::Bool());

TEST_P(Reactors, a_handler_is_called_with_what_happened) {
    const Fd source = event(1);
    std::uint32_t seen = 0;
    ASSERT_TRUE(reactor->watch(source.get(), Reactor::readable, [&](std::uint32_t events) {
        seen = events;
        reactor->stop();
    }));
    reactor->run();
    EXPECT_EQ(seen, Reactor::readable);
}

TEST_P(Reactors, watching_is_level_triggered_and_what_is_watched_can_be_changed) {
    const Fd source = event(1);
    std::vector<std::uint32_t> seen;
    Reactor::Watch watch = 0;
    watch = reactor
                ->watch(source.get(), Reactor::readable,
                        [&](std::uint32_t events) {
                            seen.push_back(events);
                            if (seen.size() == 2) {
                                EXPECT_TRUE(reactor->rewatch(watch, Reactor::writable));
                            }
                            if (seen.size() == 3) reactor->stop();
                        })
                .value();
    reactor->run();
    EXPECT_EQ(seen, (std::vector<std::uint32_t>{Reactor::readable, Reactor::readable,
                                                Reactor::writable}));
}

TEST_P(Reactors, a_hang_up_is_told_to_who_asked_for_nothing_else) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Fd near = Fd::adopt(ends[0]);
    Fd far = Fd::adopt(ends[1]);
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    std::uint32_t seen = 0;
    ASSERT_TRUE(reactor->watch(near.get(), Reactor::hang_up, [&](std::uint32_t events) {
        seen = events;
        reactor->stop();
    }));
    far.reset();
    reactor->run();
    EXPECT_NE(seen & Reactor::hang_up, 0U);
}

TEST_P(Reactors, a_handler_may_unwatch_itself_and_close_its_descriptor) {
    Fd source = event(1);
    int calls = 0;
    Reactor::Watch watch = 0;
    std::vector<int> kept(100, 7);  // lives in the handler: gone too early, a sanitizer sees it
    watch = reactor
                ->watch(source.get(), Reactor::readable,
                        [&, kept](std::uint32_t) {
                            ++calls;
                            reactor->unwatch(watch);
                            source.reset();
                            EXPECT_EQ(kept.back(), 7);
                            reactor->post([&] { reactor->stop(); });
                        })
                .value();
    reactor->run();
    EXPECT_EQ(calls, 1);
}

TEST_P(Reactors, of_two_that_are_ready_together_the_first_may_unwatch_the_other) {
    const std::array sources{event(1), event(1)};
    std::array<Reactor::Watch, 2> watches{};
    int calls = 0;
    for (std::size_t index = 0; index < 2; ++index) {
        watches[index] = reactor
                             ->watch(sources[index].get(), Reactor::readable,
                                     [&](std::uint32_t) {
                                         ++calls;
                                         for (const Reactor::Watch watch : watches)
                                             reactor->unwatch(watch);
                                         reactor->post([&] { reactor->stop(); });
                                     })
                             .value();
    }
    reactor->run();
    EXPECT_EQ(calls, 1);
}

TEST_P(Reactors, a_handler_may_watch_the_same_number_anew) {
    const Fd source = event(1);
    Reactor::Watch first = 0;
    int second_calls = 0;
    first = reactor
                ->watch(source.get(), Reactor::readable,
                        [&](std::uint32_t) {
                            reactor->unwatch(first);
                            const auto again =
                                reactor->watch(source.get(), Reactor::readable, [&](std::uint32_t) {
                                    ++second_calls;
                                    reactor->stop();
                                });
                            ASSERT_TRUE(again);
                            EXPECT_NE(*again, first);
                        })
                .value();
    reactor->run();
    EXPECT_EQ(second_calls, 1);
}

TEST_P(Reactors, watching_twice_a_file_or_a_closed_descriptor_is_refused) {
    const Fd source = event();
    ASSERT_TRUE(reactor->watch(source.get(), Reactor::readable, [](std::uint32_t) {}));
    EXPECT_EQ(reactor->watch(source.get(), Reactor::readable, [](std::uint32_t) {}).error(),
              Errc::invalid);
    const Fd file = Fd::adopt(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(reactor->watch(file.get(), Reactor::readable, [](std::uint32_t) {}).error(),
              Errc::invalid);
    EXPECT_EQ(reactor->watch(-1, Reactor::readable, [](std::uint32_t) {}).error(), Errc::invalid);
    EXPECT_EQ(reactor->rewatch(4711, Reactor::readable).error(), Errc::invalid);
    reactor->unwatch(4711);
}

TEST_P(Reactors, timers_run_in_order_of_time_and_not_too_early) {
    std::vector<int> order;
    const Instant start = now();
    reactor->at(start + 3ms, [&] {
        EXPECT_GE(now(), start + 3ms);
        order.push_back(3);
        reactor->stop();
    });
    reactor->at(start + 1ms, [&] { order.push_back(1); });
    reactor->at(start + 2ms, [&] { order.push_back(2); });
    reactor->at(start - 1s, [&] { order.push_back(0); });
    reactor->run();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_P(Reactors, a_cancelled_timer_does_not_run_even_when_it_is_due) {
    const Instant due = now();
    Reactor::Timer second = 0;
    bool has_run = false;
    reactor->at(due, [&] { reactor->cancel(second); });
    second = reactor->at(due, [&] { has_run = true; });
    reactor->cancel(4711);
    reactor->at(due + 1ms, [&] { reactor->stop(); });
    reactor->run();
    EXPECT_FALSE(has_run);
}

TEST_P(Reactors, a_timer_that_sets_itself_for_now_starves_nobody) {
    const Fd source = event(1);
    std::function<void()> again = [&] { reactor->at(Instant{}, again); };
    again();
    ASSERT_TRUE(
        reactor->watch(source.get(), Reactor::readable, [&](std::uint32_t) { reactor->stop(); }));
    reactor->run();
}

TEST_P(Reactors, errands_run_on_the_loops_thread_in_order) {
    constexpr int count = 10'000;
    std::vector<int> seen;
    pthread_t runner{};
    Thread loop = Thread::start("loop", [&] {
                      runner = ::pthread_self();
                      reactor->run();
                  }).value();
    for (int errand = 0; errand < count; ++errand) {
        ASSERT_TRUE(reactor->post([&, errand] {
            EXPECT_TRUE(::pthread_equal(::pthread_self(), runner));
            seen.push_back(errand);
        }));
    }
    reactor->stop();
    loop.join();
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(count));
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_P(Reactors, errands_posted_before_the_end_run_and_later_ones_are_refused) {
    int runs = 0;
    EXPECT_TRUE(reactor->post([&] {
        ++runs;
        EXPECT_FALSE(reactor->post([] {}));
    }));
    reactor->stop();
    EXPECT_FALSE(reactor->post([&] { runs = 100; }));
    reactor->run();
    EXPECT_EQ(runs, 1);
}

TEST_P(Reactors, the_tick_starts_with_a_nudge_and_ends_when_it_finds_nothing) {
    int ticks = 0;
    reactor->set_tick(30us, [&] { return ++ticks < 3; });
    Instant last = now();
    reactor->at(last + 1ms, [&] {
        EXPECT_EQ(ticks, 0);
        last = now();
        reactor->nudge();
    });
    const std::function<void()> look = [&] {
        if (ticks == 3) {
            reactor->at(now() + 1ms, [&] { reactor->stop(); });
        } else {
            reactor->at(now() + 100us, look);
        }
    };
    reactor->at(last + 2ms, look);
    reactor->run();
    EXPECT_EQ(ticks, 3);
    EXPECT_GE(now(), last + 90us);
}

// Whatever the tick looks at, a nudge after it became visible leads to a tick that sees it.
TEST_P(Reactors, no_nudge_is_lost) {
    constexpr int rounds = 2'000;
    std::atomic<int> made{0};
    std::atomic<int> taken{0};
    reactor->set_tick(1us, [&] {
        const int seen = made.load(std::memory_order_relaxed);
        const bool found = seen != taken.load(std::memory_order_relaxed);
        taken.store(seen, std::memory_order_release);
        return found;
    });
    Thread loop = Thread::start("loop", [&] { reactor->run(); }).value();
    const Instant patience = after(60s);
    for (int round = 1; round <= rounds; ++round) {
        made.store(round, std::memory_order_relaxed);
        reactor->nudge();
        while (taken.load(std::memory_order_acquire) != round) {
            ASSERT_LT(now(), patience) << "lost in round " << round;
            ::sched_yield();
        }
    }
    reactor->stop();
}

TEST_P(Reactors, a_nudge_during_a_tick_that_finds_nothing_leads_to_another_tick) {
    int ticks = 0;
    reactor->set_tick(1us, [&] {
        if (++ticks == 1) reactor->nudge();
        if (ticks == 2) reactor->stop();
        return false;
    });
    reactor->at(now() + 60s, [&] { reactor->stop(); });
    reactor->nudge();
    reactor->run();
    EXPECT_EQ(ticks, 2);
}

TEST_P(Reactors, a_tick_may_replace_itself_and_end_the_loop) {
    reactor->set_tick(1us, [&] {
        reactor->set_tick(1us, [&] {
            reactor->stop();
            return false;
        });
        return true;
    });
    reactor->nudge();
    reactor->run();
}

TEST_P(Reactors, it_knows_its_own_thread_while_it_runs) {
    EXPECT_FALSE(reactor->is_own_thread());
    bool inside = false;
    bool of_another = true;
    const auto other = Reactor::create(kernel).value();
    reactor->post([&] {
        inside = reactor->is_own_thread();
        of_another = other->is_own_thread();
        other->stop();
        other->run();
        inside = inside && reactor->is_own_thread();
        reactor->stop();
    });
    reactor->run();
    EXPECT_TRUE(inside);
    EXPECT_FALSE(of_another);
    EXPECT_FALSE(reactor->is_own_thread());
}

TEST_P(Reactors, in_a_forked_child_nothing_works_and_the_parents_watches_stay) {
    const Fd source = event();
    bool seen = false;
    const auto watch = reactor->watch(source.get(), Reactor::readable, [&](std::uint32_t) {
        seen = true;
        reactor->stop();
    });
    ASSERT_TRUE(watch);
    const pid_t child = ::fork();
    if (child == 0) {
        reactor->unwatch(*watch);
        reactor->nudge();
        reactor->stop();
        const bool refused = !reactor->post([] {
        }) && reactor->watch(0, Reactor::readable, [](std::uint32_t) {}).error() == Errc::closed;
        reactor->run();
        reactor.reset();
        ::_exit(refused ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    ::eventfd_write(source.get(), 1);
    reactor->run();
    EXPECT_TRUE(seen);
}

TEST_P(Reactors, idle_it_does_not_wake_up) {
    Thread loop = Thread::start("loop", [&] { reactor->run(); }).value();
    clockid_t clock{};
    // The loop answers an errand, so that it has begun; then its processor time stands still.
    std::atomic<bool> has_begun{false};
    reactor->post([&] {
        ::pthread_getcpuclockid(::pthread_self(), &clock);
        has_begun.store(true, std::memory_order_release);
    });
    while (!has_begun.load(std::memory_order_acquire)) ::sched_yield();
    const auto used = [&] {
        timespec time{};
        ::clock_gettime(clock, &time);
        return std::pair{time.tv_sec, time.tv_nsec};
    };
    // Two equal readings with a wait of 2 ms in between: a loop that spins never gives them.
    const Instant patience = after(60s);
    bool stands_still = false;
    while (!stands_still && now() < patience) {
        const auto before = used();
        const auto waiter = Reactor::create().value();
        waiter->at(now() + 2ms, [&] { waiter->stop(); });
        waiter->run();
        stands_still = used() == before;
    }
    EXPECT_TRUE(stands_still);
    reactor->stop();
}

}  // namespace
}  // namespace mycelium::os
