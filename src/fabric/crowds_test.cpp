#include "fabric/crowds.h"

#include <gtest/gtest.h>

namespace mycelium::fabric {
namespace {

constexpr Duration sleep{0};

TEST(Crowds, after_several_crowds_a_reader_rests_where_its_core_is_wanted) {
    Crowds crowds;
    for (int n = 0; n < 3; ++n) {
        crowds.came(20);
        crowds.came(20);
        EXPECT_EQ(crowds.rest(true), sleep) << n;
    }
    for (int n = 0; n < 10; ++n) {
        crowds.came(64);
        EXPECT_GT(crowds.rest(true), sleep);
    }
    crowds.came(64);
    EXPECT_EQ(crowds.rest(false), sleep) << "nobody else wants the core";
}

TEST(Crowds, a_rest_after_which_few_have_come_was_the_last_one) {
    Crowds crowds;
    for (int n = 0; n < 5; ++n) {
        crowds.came(100);
        (void)crowds.rest(true);
    }
    crowds.came(1);
    EXPECT_EQ(crowds.rest(true), sleep);
    crowds.came(100);
    EXPECT_EQ(crowds.rest(true), sleep);
}

TEST(Crowds, lone_messages_are_never_made_to_wait) {
    Crowds crowds;
    for (int n = 0; n < 1000; ++n) {
        crowds.came(1);
        EXPECT_EQ(crowds.rest(true), sleep);
    }
}

}  // namespace
}  // namespace mycelium::fabric
