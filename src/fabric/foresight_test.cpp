#include "fabric/foresight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace mycelium::fabric {
namespace {

struct Wait {
    std::uint64_t took_ns;
    int looks;
    int yields;
};

constexpr std::uint64_t look_ns = 200;

/// A wait for what comes after `comes_ns`; or, if yields take `yield_ns`, by the first of them,
/// which lets the other side run.
Wait wait_for(Foresight& foresight, std::uint64_t comes_ns, std::uint64_t yield_ns = 0) {
    Wait wait{0, 0, 0};
    for (bool is_here = false; !is_here;) {
        const std::uint64_t pause = foresight.pause_ns(wait.looks);
        wait.took_ns += pause != 0 ? pause : std::max(yield_ns, look_ns);
        wait.yields += pause == 0 ? 1 : 0;
        is_here = yield_ns != 0 ? wait.yields != 0 : wait.took_ns >= comes_ns;
        wait.took_ns += look_ns;
        ++wait.looks;
    }
    foresight.found(wait.looks, wait.took_ns);
    return wait;
}

TEST(Foresight, what_comes_regularly_is_found_by_one_look_or_two_and_hardly_later) {
    Foresight foresight;
    for (int i = 0; i < 100; ++i) wait_for(foresight, 2'000);
    int looks = 0, yields = 0;
    std::uint64_t took = 0;
    for (int i = 0; i < 100; ++i) {
        const Wait wait = wait_for(foresight, 2'000);
        looks += wait.looks;
        yields += wait.yields;
        took += wait.took_ns;
    }
    EXPECT_LE(looks, 150);
    EXPECT_EQ(yields, 0);
    EXPECT_LE(took / 100, 2'000u + 200 + 250) << "the look itself, and an eighth of the wait";
}

TEST(Foresight, what_begins_to_come_sooner_is_soon_found_sooner) {
    Foresight foresight;
    for (int i = 0; i < 100; ++i) wait_for(foresight, 8'000);
    EXPECT_GE(wait_for(foresight, 1'000).took_ns, 5'000u);
    for (int i = 0; i < 100; ++i) wait_for(foresight, 1'000);
    EXPECT_LE(wait_for(foresight, 1'000).took_ns, 1'500u);
}

TEST(Foresight, what_takes_long_is_not_waited_for) {
    Foresight foresight;
    for (int i = 0; i < 100; ++i) wait_for(foresight, 20'000);
    EXPECT_EQ(foresight.pause_ns(0), 0u);
}

TEST(Foresight, where_only_a_yield_brings_it_yields_come_at_once) {
    constexpr std::array<std::uint64_t, 7> yields_ns{200,   1'000, 4'000, 5'000,
                                                     7'000, 9'500, 20'000};
    for (const std::uint64_t yield_ns : yields_ns) {
        Foresight foresight;
        int waits_with_pauses = 0;
        for (int i = 0; i < 1'000; ++i)
            waits_with_pauses += wait_for(foresight, 0, yield_ns).looks > 1 ? 1 : 0;
        EXPECT_LE(waits_with_pauses, 60) << yield_ns;
    }
}

}  // namespace
}  // namespace mycelium::fabric
