#include "benchmarks/own/machine.h"

#include <gtest/gtest.h>

namespace mycelium::bench {
namespace {

TEST(Machine, waiting_for_a_disk_is_idle_and_guests_are_not_counted_twice) {
    const MachineTime time = machine_time_of("cpu  10 20 30 400 50 1 2 3 1000 1000", 10);
    EXPECT_EQ(time.busy_ns, (10u + 20 + 30 + 1 + 2 + 3) * 10);
    EXPECT_EQ(time.total_ns, time.busy_ns + (400u + 50) * 10);
}

TEST(Machine, another_line_is_nothing) {
    for (const char* line : {"", "cpu", "cpu0 1 2 3 4 5 6 7 8", "cpu  1 2 three"})
        EXPECT_EQ(machine_time_of(line, 10).total_ns, 0u) << line;
}

TEST(ForeignLoad, is_a_part_of_the_whole) {
    const ForeignLoad load;
    EXPECT_GE(load.part(), 0);
    EXPECT_LE(load.part(), 1);
}

}  // namespace
}  // namespace mycelium::bench
