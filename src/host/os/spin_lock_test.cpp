#include "host/os/spin_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace mycelium::os {
namespace {

TEST(SpinLock, one_thread_at_a_time_holds_it) {
    SpinLock lock;
    long count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 20000; ++i) {
                const std::lock_guard guard{lock};
                ++count;
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count, 80000);
}

}  // namespace
}  // namespace mycelium::os
