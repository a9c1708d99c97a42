#include "pace.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

using namespace std::chrono_literals;
constexpr mycelium::Instant start{1h};
constexpr std::uint64_t second = 1'000'000'000;

TEST(Pace, the_first_is_due_at_once_and_the_rest_as_far_apart_as_it_happened) {
    Pace pace{Pace::Speed::times(1)};
    EXPECT_EQ(pace.due(5 * second, start), start);
    EXPECT_EQ(pace.due(7 * second, start + 1s), start + 2s);
    EXPECT_EQ(pace.due(7 * second, start + 9s), start + 2s)
        << "what is late does not delay the rest";
}

TEST(Pace, begins_when_it_is_told) {
    Pace pace{Pace::Speed::times(1), start};
    EXPECT_EQ(pace.due(5 * second, start + 9s), start);
    EXPECT_EQ(pace.due(6 * second, start + 9s), start + 1s);
}

TEST(Pace, is_so_many_times_as_fast) {
    Pace pace{Pace::Speed{50'000'000}};
    pace.due(0, start);
    EXPECT_EQ(pace.due(second, start), start + 2s);
    Pace fast{Pace::Speed::times(20)};
    fast.due(0, start);
    EXPECT_EQ(fast.due(second, start), start + 50ms);
}

TEST(Pace, without_a_limit_everything_is_due_now) {
    Pace pace{Pace::Speed::unlimited()};
    pace.due(0, start);
    EXPECT_EQ(pace.due(UINT64_MAX, start), start);
}

TEST(Pace, what_lies_beyond_the_clock_is_never_due) {
    Pace pace{Pace::Speed{1}};
    pace.due(0, start);
    EXPECT_EQ(pace.due(UINT64_MAX, start), mycelium::never);
}

}  // namespace
}  // namespace trading
