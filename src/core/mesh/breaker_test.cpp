#include "core/mesh/breaker.h"

#include <gtest/gtest.h>

namespace mycelium::mesh {
namespace {

using namespace std::chrono_literals;

Instant at(Duration since) { return Instant{} + 1h + since; }

TEST(Breaker, opens_after_as_many_failures_as_it_may_have_within_the_window) {
    Breaker breaker{{.failures_max = 3, .window = 10s, .open_for = 60s}};
    breaker.fail(at(0s));
    breaker.fail(at(1s));
    EXPECT_TRUE(breaker.allow(at(2s)));
    breaker.fail(at(2s));
    EXPECT_EQ(breaker.state(at(2s)), Breaker::State::open);
    EXPECT_FALSE(breaker.allow(at(61s)));
}

TEST(Breaker, forgets_failures_that_are_older_than_the_window) {
    Breaker breaker{{.failures_max = 3, .window = 10s, .open_for = 60s}};
    for (int i = 0; i < 20; ++i) breaker.fail(at(i * 6s));
    EXPECT_EQ(breaker.state(at(120s)), Breaker::State::closed);
}

TEST(Breaker, half_open_it_lets_exactly_the_probes_through) {
    Breaker breaker{{.failures_max = 1, .window = 10s, .open_for = 60s, .probes_max = 2}};
    breaker.fail(at(0s));
    EXPECT_EQ(breaker.state(at(60s)), Breaker::State::half_open);
    EXPECT_TRUE(breaker.allow(at(60s)));
    EXPECT_TRUE(breaker.allow(at(60s)));
    EXPECT_FALSE(breaker.allow(at(60s)));
    breaker.succeed(at(61s));
    EXPECT_FALSE(breaker.allow(at(61s)));
    breaker.succeed(at(61s));
    EXPECT_EQ(breaker.state(at(61s)), Breaker::State::closed);
    EXPECT_TRUE(breaker.allow(at(61s)));
}

TEST(Breaker, a_failed_probe_opens_it_for_as_long_again) {
    Breaker breaker{{.failures_max = 1, .window = 10s, .open_for = 60s}};
    breaker.fail(at(0s));
    EXPECT_TRUE(breaker.allow(at(70s)));
    breaker.fail(at(71s));
    EXPECT_FALSE(breaker.allow(at(130s)));
    EXPECT_TRUE(breaker.allow(at(131s)));
}

TEST(Breaker, a_probe_that_is_never_heard_of_makes_room_for_another) {
    Breaker breaker{{.failures_max = 1, .window = 10s, .open_for = 60s}};
    breaker.fail(at(0s));
    EXPECT_TRUE(breaker.allow(at(70s)));
    EXPECT_FALSE(breaker.allow(at(129s)));
    EXPECT_TRUE(breaker.allow(at(130s)));
    EXPECT_FALSE(breaker.allow(at(131s)));
}

TEST(Breaker, failures_while_it_is_open_do_not_prolong_that) {
    Breaker breaker{{.failures_max = 1, .window = 10s, .open_for = 60s}};
    breaker.fail(at(0s));
    breaker.fail(at(59s));
    EXPECT_TRUE(breaker.allow(at(60s)));
}

TEST(Breaker, a_failure_that_was_none_opens_nothing) {
    Breaker breaker{{.failures_max = 2, .window = 10s, .open_for = 60s}};
    breaker.forgive();
    breaker.fail(at(0s));
    breaker.fail(at(1s));
    EXPECT_FALSE(breaker.allow(at(1s)));
    breaker.forgive();
    EXPECT_TRUE(breaker.allow(at(1s)));
    breaker.fail(at(2s));
    EXPECT_FALSE(breaker.allow(at(2s)));
}

TEST(Breaker, a_closed_one_remembers_no_success) {
    Breaker breaker{{.failures_max = 2, .window = 10s, .open_for = 60s}};
    breaker.fail(at(0s));
    breaker.succeed(at(1s));
    breaker.fail(at(2s));
    EXPECT_EQ(breaker.state(at(2s)), Breaker::State::open);
}

}  // namespace
}  // namespace mycelium::mesh
