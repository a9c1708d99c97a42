// Shared memory and lanes on kernels and behind filters that lack something: slower, and no wake-up
// is lost.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>

#include <mycelium/mycelium.h>

#include "host/os/kernel.h"

namespace mycelium {
namespace {

struct Number {
    std::uint64_t value;
};
MYCELIUM_FLAT(Number, value);

constexpr Duration patience = std::chrono::seconds{30};

/// What one kernel lacks.
struct Lack {
    const char* name;
    bool os::Kernel::*ability;
    const char* scheme = "shm";
};

class WithoutAbility : public testing::TestWithParam<Lack> {
protected:
    void SetUp() override { os::this_kernel().*GetParam().ability = false; }
    void TearDown() override { os::this_kernel() = {}; }
    std::string url() const {
        return std::string{GetParam().scheme} + "://fallback/" + std::to_string(::getpid()) +
               GetParam().name;
    }
};
INSTANTIATE_TEST_SUITE_P(
    Fallbacks, WithoutAbility,
    testing::Values(Lack{"membarrier", &os::Kernel::has_membarrier},
                    Lack{"membarrier_within_a_process", &os::Kernel::has_membarrier, "inproc"},
                    Lack{"futex_waitv_within_a_process", &os::Kernel::has_futex_waitv, "inproc"},
                    Lack{"futex_waitv", &os::Kernel::has_futex_waitv},
                    Lack{"populate_write", &os::Kernel::has_populate_write},
                    Lack{"noexec_seal", &os::Kernel::has_noexec_seal},
                    Lack{"peer_pidfd", &os::Kernel::has_peer_pidfd}),
    [](const auto& test) { return test.param.name; });

TEST_P(WithoutAbility, messages_go_to_and_fro_between_ends_that_sleep_at_once) {
    Node node_a{"a"}, node_b{"b"};
    auto there = node_a.publisher<Number>(url()).value();
    auto there_end = node_b.subscriber<Number>(url(), {.waiting = Waiting::sleep}).value();
    auto back = node_b.publisher<Number>(url() + "/back").value();
    auto back_end = node_a.subscriber<Number>(url() + "/back", {.waiting = Waiting::sleep}).value();
    there.wait_for(1, patience).value();
    back.wait_for(1, patience).value();
    constexpr std::uint64_t times = 3000;
    std::thread echo{[&] {
        for (std::uint64_t i = 1; i <= times; ++i) {
            const auto number = there_end.receive_for(patience);
            if (!number) return;
            back.publish(**number).value();
        }
    }};
    for (std::uint64_t i = 1; i <= times; ++i) {
        there.publish({i}).value();
        const auto answer = back_end.receive_for(patience);
        ASSERT_TRUE(answer.ok()) << "a wake-up was lost at " << i;
        ASSERT_EQ((*answer)->value, i);
    }
    echo.join();
}

TEST_P(WithoutAbility, a_publisher_that_waits_for_room_is_woken) {
    Node node_a{"a"}, node_b{"b"};
    auto publisher = node_a.publisher<Bytes>(url(), {.block_max = patience}).value();
    auto subscriber =
        node_b.subscriber<Bytes>(url(), {.queue_messages_max = 3, .waiting = Waiting::sleep})
            .value();
    publisher.wait_for(1, patience).value();
    constexpr std::uint64_t times = 2000;
    std::thread reader{[&] {
        for (std::uint64_t i = 1; i <= times; ++i)
            if (!subscriber.receive_for(patience)) return;
    }};
    for (std::uint64_t i = 1; i <= times; ++i) publisher.publish(Bytes::copy_of("x")).value();
    reader.join();
    EXPECT_TRUE(publisher.drain(patience).ok());
    EXPECT_EQ(publisher.counters().delivered, times);
}

}  // namespace
}  // namespace mycelium
