#include "fabric/staying.h"

#include <gtest/gtest.h>

namespace mycelium::fabric {
namespace {

TEST(Staying, with_large_messages_for_a_nanosecond_a_byte_and_not_for_ever) {
    Staying staying;
    EXPECT_EQ(staying.allowed(1 * KiB), Duration{0});
    EXPECT_EQ(staying.allowed(1 * MiB), std::chrono::nanoseconds{1 * MiB});
    EXPECT_EQ(staying.allowed(3 * std::size_t{GiB}), std::chrono::milliseconds{4});
}

TEST(Staying, where_it_is_always_in_vain_only_with_one_in_many) {
    Staying staying;
    int stayed = 0;
    for (int i = 0; i < 3'300; ++i) {
        if (staying.allowed(1 * MiB) == Duration{0}) continue;
        ++stayed;
        staying.was_in_vain();
    }
    EXPECT_GE(stayed, 100);
    EXPECT_LE(stayed, 110);
}

TEST(Staying, small_messages_in_between_do_not_end_a_rest) {
    Staying staying;
    staying.was_in_vain();
    for (int i = 0; i < 100; ++i) (void)staying.allowed(1 * KiB);
    EXPECT_EQ(staying.allowed(1 * MiB), Duration{0});
    EXPECT_NE(staying.allowed(1 * MiB), Duration{0});
}

TEST(Staying, once_it_was_of_use_it_is_tried_again_soon) {
    Staying staying;
    for (int i = 0; i < 10; ++i) staying.was_in_vain();
    while (staying.allowed(1 * MiB) == Duration{0}) {
    }
    staying.was_of_use();
    staying.was_in_vain();
    EXPECT_EQ(staying.allowed(1 * MiB), Duration{0});
    EXPECT_NE(staying.allowed(1 * MiB), Duration{0});
}

}  // namespace
}  // namespace mycelium::fabric
