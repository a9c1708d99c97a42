#include "fabric/port_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

namespace mycelium::fabric {
namespace {

TEST(PortLock, a_second_caller_is_turned_away_even_while_the_first_sleeps) {
    PortLock lock;
    ASSERT_TRUE(lock.enter());
    EXPECT_FALSE(lock.enter());
    lock.pause();
    EXPECT_FALSE(lock.enter());
    EXPECT_TRUE(lock.has_caller());
    lock.resume();
    lock.leave();
    EXPECT_FALSE(lock.has_caller());
    EXPECT_TRUE(lock.enter());
    lock.leave();
}

TEST(PortLock, the_driver_and_a_caller_never_hold_it_together) {
    PortLock lock;
    std::uint64_t counter = 0;
    constexpr std::uint64_t turns = 50'000;
    std::thread driver{[&] {
        for (std::uint64_t i = 0; i < turns; ++i) {
            const std::lock_guard holding{lock};
            ++counter;
        }
    }};
    for (std::uint64_t i = 0; i < turns; ++i) {
        ASSERT_TRUE(lock.enter());
        ++counter;
        if (i % 3 == 0) {
            lock.pause();
            lock.resume();
        }
        ++counter;
        lock.leave();
    }
    driver.join();
    EXPECT_EQ(counter, 3 * turns);
}

}  // namespace
}  // namespace mycelium::fabric
