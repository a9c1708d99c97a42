#include "lead.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

constexpr std::uint64_t events_max = Lead::events_per_step * Lead::steps_max;

/// Plays so many events, one at each nanosecond, with a watermark after every `events_per_mark`.
void play(Lead& lead, std::uint64_t events, std::uint64_t events_per_mark, std::uint64_t from = 0) {
    for (std::uint64_t i = 1; i <= events; ++i) {
        lead.add_event();
        if (i % events_per_mark == 0) lead.mark(from + i);
    }
}

TEST(Lead, is_too_long_after_so_many_events_however_many_watermarks_there_were) {
    for (const std::uint64_t events_per_mark : {1u, 2u, 100u, 256u}) {
        Lead lead;
        play(lead, events_max - Lead::events_per_step - events_per_mark, events_per_mark);
        EXPECT_FALSE(lead.is_too_long()) << events_per_mark;
        Lead longer;
        play(longer, 2 * events_max, events_per_mark);
        EXPECT_TRUE(longer.is_too_long()) << events_per_mark;
    }
}

TEST(Lead, ends_where_the_strategy_is) {
    Lead lead;
    play(lead, events_max, Lead::events_per_step);
    EXPECT_TRUE(lead.is_too_long());
    lead.reach(Lead::events_per_step - 1);
    EXPECT_TRUE(lead.is_too_long());
    lead.reach(Lead::events_per_step);
    EXPECT_FALSE(lead.is_too_long());
    play(lead, Lead::events_per_step, Lead::events_per_step, events_max);
    EXPECT_TRUE(lead.is_too_long());
}

TEST(Lead, can_be_forgotten) {
    Lead lead;
    play(lead, events_max, Lead::events_per_step);
    lead.forget();
    EXPECT_FALSE(lead.is_too_long());
}

}  // namespace
}  // namespace trading
