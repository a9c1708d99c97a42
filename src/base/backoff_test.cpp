#include "base/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <mycelium/limits.h>

namespace mycelium::base {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, waits_double_from_the_first_to_the_last_less_a_quarter_at_most) {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff{milliseconds{10}, milliseconds{1000}, seed};
        Duration full = milliseconds{10};
        for (int i = 0; i < 12; ++i) {
            const Duration wait = backoff.next();
            EXPECT_LE(wait, full);
            EXPECT_GE(wait, full * 3 / 4);
            full = std::min<Duration>(full * 2, milliseconds{1000});
        }
    }
}

TEST(Backoff, after_a_reset_it_begins_anew) {
    Backoff backoff{limits::redial_first, limits::redial_last, 1};
    for (int i = 0; i < 12; ++i) backoff.next();
    EXPECT_GT(backoff.next(), limits::redial_last * 7 / 10);
    EXPECT_LE(backoff.next(), limits::redial_last);
    backoff.reset();
    EXPECT_LE(backoff.next(), limits::redial_first);
}

TEST(Backoff, two_dialers_do_not_march_in_step) {
    Backoff a{milliseconds{10}, milliseconds{1000}, 1};
    Backoff b{milliseconds{10}, milliseconds{1000}, 99};
    int same = 0;
    for (int i = 0; i < 20; ++i) same += a.next() == b.next();
    EXPECT_LT(same, 5);
}

}  // namespace
}  // namespace mycelium::base
