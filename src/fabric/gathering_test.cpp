#include "fabric/gathering.h"

#include <gtest/gtest.h>

namespace mycelium::fabric {
namespace {

/// A wait that so many looks end, after which so many messages are there. How long it stayed away.
int wait(Gathering& gathering, int looks, std::size_t messages) {
    const int pauses = gathering.pauses();
    gathering.found_after(looks);
    gathering.came(messages);
    return pauses;
}

TEST(Gathering, a_stream_is_gathered_for_longer_and_longer) {
    Gathering gathering;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(wait(gathering, 2, 1), 0);
    EXPECT_EQ(wait(gathering, 0, 5), 16);
    EXPECT_EQ(wait(gathering, 0, 9), 32);
    EXPECT_EQ(wait(gathering, 0, 20), 64);
    EXPECT_EQ(wait(gathering, 0, 20), 64);
}

TEST(Gathering, an_answer_that_takes_its_time_is_not_waited_with) {
    Gathering gathering;
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(wait(gathering, 12, 1), 0);
}

TEST(Gathering, answers_that_are_quick_wait_ever_more_seldom) {
    Gathering gathering;
    int stayed_away = 0;
    for (int i = 0; i < 10'000; ++i) stayed_away += wait(gathering, 2, 1) != 0 ? 1 : 0;
    EXPECT_GT(stayed_away, 5);
    EXPECT_LT(stayed_away, 20);
}

TEST(Gathering, a_stream_that_ends_is_forgotten) {
    Gathering gathering;
    for (int i = 0; i < 10; ++i) wait(gathering, 2, 5);
    EXPECT_GT(gathering.pauses(), 0);
    gathering.found_nothing();
    EXPECT_EQ(gathering.pauses(), 0);
}

}  // namespace
}  // namespace mycelium::fabric
