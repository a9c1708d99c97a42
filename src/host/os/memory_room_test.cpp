#include "host/os/memory_room.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace mycelium::os {
namespace {

/// A kernel's files as a test wants them, in a folder of its own.
class MemoryRoom : public testing::Test {
protected:
    ~MemoryRoom() override { std::filesystem::remove_all(root); }
    void write(const std::string& name, const std::string& text) {
        const std::filesystem::path path = root / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }
    std::uint64_t room() const {
        return memory_room(
            {.proc = (root / "proc").string(), .cgroups = (root / "cgroups").string()});
    }
    const std::filesystem::path root =
        std::filesystem::temp_directory_path() / ("mycelium.room." + std::to_string(::getpid()));
};

TEST_F(MemoryRoom, what_nothing_limits_is_plenty) {
    EXPECT_EQ(room(), memory_plenty);
    write("proc/self/cgroup", "0::/\n");
    EXPECT_EQ(room(), memory_plenty);
    write("cgroups/memory.max", "max\n");
    write("cgroups/memory.current", "5000\n");
    EXPECT_EQ(room(), memory_plenty);
}

TEST_F(MemoryRoom, the_own_group_limits) {
    write("proc/self/cgroup", "0::/a/b\n");
    write("cgroups/a/b/memory.max", "10000\n");
    write("cgroups/a/b/memory.current", "4000\n");
    EXPECT_EQ(room(), 6000U);
    write("cgroups/a/b/memory.current", "12000\n");
    EXPECT_EQ(room(), 0U);
}

TEST_F(MemoryRoom, the_tightest_of_the_groups_above_limits) {
    write("proc/self/cgroup", "0::/a/b/c\n");
    write("cgroups/a/b/c/memory.max", "10000\n");
    write("cgroups/a/b/c/memory.current", "1000\n");
    write("cgroups/a/memory.max", "20000\n");
    write("cgroups/a/memory.current", "19000\n");
    EXPECT_EQ(room(), 1000U);
    write("cgroups/memory.max", "500\n");
    write("cgroups/memory.current", "1\n");
    EXPECT_EQ(room(), 499U);
}

TEST_F(MemoryRoom, pages_of_files_count_as_free_because_the_kernel_takes_them_back) {
    write("proc/self/cgroup", "0::/a\n");
    write("cgroups/a/memory.max", "10000\n");
    write("cgroups/a/memory.current", "9000\n");
    write("cgroups/a/memory.stat",
          "anon 1\ninactive_file_other 77\ninactive_file 2000\nactive_file 500\n");
    EXPECT_EQ(room(), 3500U);
    write("cgroups/a/memory.stat", "inactive_file 20000\nactive_file 500\n");
    EXPECT_EQ(room(), 10000U);
}

TEST_F(MemoryRoom, version_1_limits_likewise) {
    write("proc/self/cgroup", "3:cpu,cpuacct:/x\n2:devices,memory:/a/b\n0::/\n");
    write("cgroups/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    write("cgroups/memory/a/b/memory.usage_in_bytes", "1000\n");
    write("cgroups/memory/a/memory.limit_in_bytes", "8000\n");
    write("cgroups/memory/a/memory.usage_in_bytes", "7000\n");
    write("cgroups/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n");
    EXPECT_EQ(room(), 1300U);
}

TEST_F(MemoryRoom, in_a_container_that_sees_the_hosts_path_its_own_root_limits) {
    write("proc/self/cgroup", "2:memory:/docker/0123\n");
    write("cgroups/memory/memory.limit_in_bytes", "8000\n");
    write("cgroups/memory/memory.usage_in_bytes", "7000\n");
    EXPECT_EQ(room(), 1000U);
}

TEST_F(MemoryRoom, the_machine_limits_with_its_swap) {
    write("proc/meminfo",
          "MemTotal:       9999 kB\nMemFree: 1 kB\nMemAvailable:     10 kB\nSwapFree: 2 kB\n");
    EXPECT_EQ(room(), 12U * 1024);
    write("proc/self/cgroup", "0::/a\n");
    write("cgroups/a/memory.max", "10000\n");
    write("cgroups/a/memory.current", "4000\n");
    EXPECT_EQ(room(), 6000U);
}

TEST_F(MemoryRoom, nonsense_in_the_files_is_no_limit) {
    for (const char* text : {"", ":", "::", "0:", "0::", "\n\n", "0", "a:b", "0::/../..\n",
                             "2:memory", "2:,memory,:", "0::/a\n0::/a\n"}) {
        write("proc/self/cgroup", text);
        EXPECT_EQ(room(), memory_plenty) << text;
    }
    write("proc/self/cgroup", "0::/a\n");
    for (const char* text : {"", "-1", "99999999999999999999999999", "limit"}) {
        write("cgroups/a/memory.max", text);
        EXPECT_EQ(room(), memory_plenty) << text;
    }
    write("proc/meminfo", std::string(100'000, 'x'));
    EXPECT_EQ(room(), memory_plenty);
}

TEST_F(MemoryRoom, this_machine_has_some) { EXPECT_GT(memory_room(), std::uint64_t{1} << 20); }

}  // namespace
}  // namespace mycelium::os
