#include "core/mesh/restart.h"

#include <gtest/gtest.h>

namespace mycelium::mesh {
namespace {

using namespace std::chrono_literals;
using What = RestartPolicy::Verdict::What;

Instant at(Duration since) { return Instant{std::chrono::hours{1}} + since; }

TEST(Restart, waits_double_from_the_first_to_the_longest) {
    RestartPolicy policy{{.restarts_max = 100}, 1};
    Duration expected = 10ms;
    for (int n = 0; n < 20; ++n) {
        const auto verdict = policy.ended(at(0s), at(0s), false);
        ASSERT_EQ(verdict.what, What::restart);
        EXPECT_LE(verdict.wait, expected);
        EXPECT_GE(verdict.wait, expected * 3 / 4);
        expected = std::min<Duration>(expected * 2, 5s);
    }
}

TEST(Restart, two_services_do_not_march_in_step) {
    RestartPolicy one{{}, 1};
    RestartPolicy other{{}, 2};
    bool differs = false;
    for (int n = 0; n < 5; ++n)
        differs |= one.ended(at(0s), at(0s), false).wait != other.ended(at(0s), at(0s), false).wait;
    EXPECT_TRUE(differs);
}

TEST(Restart, one_more_than_the_window_allows_is_a_failure) {
    RestartPolicy policy{{.restarts_max = 3}, 1};
    for (std::uint32_t n = 1; n <= 3; ++n) {
        const auto verdict = policy.ended(at(0s), at(n * 1s), true);
        EXPECT_EQ(verdict.what, What::restart);
        EXPECT_EQ(verdict.restarts, n);
    }
    const auto last = policy.ended(at(4s), at(4s), true);
    EXPECT_EQ(last.what, What::failed);
    EXPECT_EQ(last.restarts, 4u);
}

TEST(Restart, what_lies_before_the_window_is_forgotten) {
    RestartPolicy policy{{.restarts_max = 2}, 1};
    for (int n = 0; n < 50; ++n)
        EXPECT_EQ(policy.ended(at(n * 30s), at(n * 30s), false).what, What::restart) << n;
}

TEST(Restart, a_run_of_a_tenth_of_the_window_begins_anew) {
    RestartPolicy policy{{}, 1};
    for (int n = 0; n < 5; ++n) (void)policy.ended(at(0s), at(0s), false);
    EXPECT_GT(policy.ended(at(0s), at(5s), false).wait, 100ms);
    EXPECT_LE(policy.ended(at(5s), at(11s), false).wait, 10ms);
}

TEST(Restart, on_failure_lets_a_success_be_the_end) {
    RestartPolicy policy{{.when = Restart::on_failure}, 1};
    EXPECT_EQ(policy.ended(at(0s), at(1s), false).what, What::restart);
    EXPECT_EQ(policy.ended(at(0s), at(1s), true).what, What::ended);
}

TEST(Restart, never_restarts_and_still_tells_failure_from_success) {
    RestartPolicy policy{{.when = Restart::never}, 1};
    EXPECT_EQ(policy.ended(at(0s), at(1s), true).what, What::ended);
    EXPECT_EQ(policy.ended(at(0s), at(1s), false).what, What::failed);
}

TEST(Restart, none_allowed_means_that_the_first_end_is_the_last) {
    RestartPolicy policy{{.restarts_max = 0}, 1};
    EXPECT_EQ(policy.ended(at(0s), at(1s), true).what, What::failed);
}

TEST(Restart, starting_by_hand_forgets_what_was) {
    RestartPolicy policy{{.restarts_max = 1}, 1};
    (void)policy.ended(at(0s), at(0s), false);
    policy.reset();
    EXPECT_EQ(policy.ended(at(0s), at(0s), false).what, What::restart);
}

}  // namespace
}  // namespace mycelium::mesh
