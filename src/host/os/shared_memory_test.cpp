#include "host/os/shared_memory.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "host/os/os_testing.h"

namespace mycelium::os {
namespace {

using Kind = SharedMemory::Kind;
constexpr std::size_t MiB = std::size_t{1} << 20;

std::size_t page() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

SharedMemory made(Kind kind, std::size_t size = 64 * 1024) {
    return SharedMemory::create("test", size, kind).value();
}

/// What /proc/self/smaps says of the map: its line `key`.
std::string line_of_map(const std::byte* address, const std::string& key) {
    std::ostringstream start;
    start << std::hex << reinterpret_cast<std::uintptr_t>(address) << '-';
    std::ifstream maps{"/proc/self/smaps"};
    bool is_found = false;
    for (std::string line; std::getline(maps, line);) {
        if (line.starts_with(start.str())) is_found = true;
        if (is_found && line.starts_with(key)) return line;
    }
    return {};
}

std::size_t resident_pages(const SharedMemory& memory) {
    std::vector<unsigned char> pages((memory.size() + page() - 1) / page());
    EXPECT_EQ(::mincore(memory.data(), memory.size(), pages.data()), 0);
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(), [](unsigned char in) { return (in & 1) != 0; }));
}

class SharedMemories : public testing::TestWithParam<Kind> {
protected:
    SharedMemory memory = made(GetParam());
};
INSTANTIATE_TEST_SUITE_P(kinds, SharedMemories, testing::Values(Kind::log, Kind::subscription),
                         [](const auto& given) {
                             return given.param == Kind::log ? "log" : "subscription";
                         });

TEST_P(SharedMemories, what_the_maker_writes_the_other_end_reads) {
    const SharedMemory other =
        SharedMemory::open(copy_of(memory.fd()), GetParam(), 1, 1 << 20).value();
    ASSERT_EQ(other.size(), memory.size());
    EXPECT_NE(other.data(), memory.data());
    EXPECT_EQ(other.data()[100], std::byte{0});
    memory.data()[100] = std::byte{42};
    EXPECT_EQ(other.data()[100], std::byte{42});
    EXPECT_EQ(other.is_writable(), GetParam() == Kind::subscription);
}

TEST_P(SharedMemories, dropping_the_descriptor_keeps_the_map) {
    const int number = memory.fd();
    memory.drop_descriptor();
    EXPECT_EQ(memory.fd(), -1);
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
    memory.data()[0] = std::byte{1};
    EXPECT_TRUE(memory.touch(0, memory.size()));
}

TEST_P(SharedMemories, the_map_ends_with_the_object_and_moves_with_it) {
    std::byte* const address = memory.data();
    unsigned char resident = 0;
    {
        SharedMemory first = std::move(memory);
        EXPECT_EQ(memory.data(), nullptr);
        EXPECT_EQ(memory.size(), 0U);
        EXPECT_EQ(memory.fd(), -1);
        SharedMemory second = made(GetParam());
        second = std::move(first);
        EXPECT_EQ(second.data(), address);
        EXPECT_EQ(::mincore(address, page(), &resident), 0);
    }
    EXPECT_EQ(::mincore(address, page(), &resident), -1);
    EXPECT_EQ(errno, ENOMEM);
}

TEST_P(SharedMemories, its_name_shows_and_may_be_long) {
    const std::string path = "/proc/self/fd/" + std::to_string(memory.fd());
    EXPECT_TRUE(std::filesystem::read_symlink(path).string().starts_with("/memfd:mycelium.test"));
    EXPECT_TRUE(SharedMemory::create(std::string(1000, 'n'), 1, GetParam()).ok());
}

TEST_P(SharedMemories, it_is_in_no_core_dump) {
    EXPECT_NE(line_of_map(memory.data(), "VmFlags:").find(" dd"), std::string::npos);
    const SharedMemory other =
        SharedMemory::open(copy_of(memory.fd()), GetParam(), 1, 1 << 20).value();
    EXPECT_NE(line_of_map(other.data(), "VmFlags:").find(" dd"), std::string::npos);
}

TEST_P(SharedMemories, a_forked_child_has_no_writable_map_and_no_descriptor) {
    const int number = memory.fd();
    std::byte* const address = memory.data();
    EXPECT_EQ(in_child([&] {
                  unsigned char resident = 0;
                  if (::mincore(address, page(), &resident) == 0 || errno != ENOMEM) return 1;
                  if (memory.data() != nullptr || memory.size() != 0) return 2;
                  if (memory.fd() != -1 || ::fcntl(number, F_GETFD) != -1) return 3;
                  if (memory.touch(0, 1).error() != Errc::closed) return 4;
                  return 0;
              }),
              0);
    memory.data()[0] = std::byte{1};
}

TEST_P(SharedMemories, an_object_that_ends_in_a_child_spares_what_lies_at_its_addresses) {
    std::byte* const before = memory.data();
    const std::size_t size = memory.size();
    EXPECT_EQ(in_child([&] {
                  void* const taken =
                      ::mmap(before, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
                  if (taken == MAP_FAILED) return 1;
                  { const SharedMemory gone = std::move(memory); }
                  unsigned char resident = 0;
                  return ::mincore(before, page(), &resident) == 0 ? 0 : 2;
              }),
              0);
}

TEST_P(SharedMemories, a_child_can_make_its_own) {
    EXPECT_EQ(in_child([&] {
                  auto own = SharedMemory::create("child", 4096, GetParam());
                  if (!own) return 1;
                  own->data()[0] = std::byte{1};
                  return own->touch(0, 4096).ok() ? 0 : 2;
              }),
              0);
}

TEST_P(SharedMemories, pages_come_when_touched_with_and_without_the_kernels_help) {
    for (const bool has_populate : {true, false}) {
        SharedMemory fresh =
            SharedMemory::create("touched", MiB, GetParam(), {.has_populate_write = has_populate})
                .value();
        EXPECT_EQ(resident_pages(fresh), 0U);
        fresh.data()[page() + 5] = std::byte{7};
        ASSERT_TRUE(fresh.touch(page() - 6, 2 * page()));  // parts of three pages
        EXPECT_EQ(resident_pages(fresh), 3U);
        EXPECT_EQ(fresh.data()[page() + 5], std::byte{7});
        ASSERT_TRUE(fresh.touch(0, MiB));
        EXPECT_EQ(resident_pages(fresh), MiB / page());
    }
}

TEST_P(SharedMemories, only_bytes_inside_are_touched) {
    EXPECT_EQ(memory.touch(0, memory.size() + 1).error(), Errc::invalid);
    EXPECT_EQ(memory.touch(memory.size() + 1, 0).error(), Errc::invalid);
    EXPECT_EQ(memory.touch(1, ~std::size_t{0}).error(), Errc::invalid);
    EXPECT_TRUE(memory.touch(memory.size(), 0));
    EXPECT_TRUE(memory.touch(memory.size() - 1, 1));
}

TEST_P(SharedMemories, the_limit_on_files_is_told_and_no_signal_comes) {
    EXPECT_EQ(in_child([&] {
                  const LoweredLimit limit{RLIMIT_FSIZE, MiB};
                  const auto refused = SharedMemory::create("large", MiB + 1, GetParam());
                  if (refused) return 1;
                  if (refused.error() != Errc::overloaded) return 2;
                  if (refused.error().message().find("ulimit -f") == std::string::npos) return 3;
                  return SharedMemory::create("fits", MiB, GetParam()) ? 0 : 4;
              }),
              0);
}

TEST_P(SharedMemories, without_free_descriptors_the_caller_is_told_and_nothing_leaks) {
    const int before = open_descriptors();
    for (rlim_t more = 0; more < 2; ++more) {
        // Second round: one number is free, so that a log's read-only one is not.
        const int lowest_free = copy_of(0).get();
        const LoweredLimit limit{RLIMIT_NOFILE, static_cast<rlim_t>(lowest_free) + more};
        const auto result = SharedMemory::create("none", 4096, GetParam());
        if (more == 1 && GetParam() == Kind::subscription) {
            EXPECT_TRUE(result.ok());
        } else {
            EXPECT_EQ(result.error(), Errc::overloaded);
            EXPECT_EQ(result.error().detail(), EMFILE);
        }
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_P(SharedMemories, more_than_there_is_is_refused_and_so_is_nothing) {
    EXPECT_EQ(SharedMemory::create("none", 0, GetParam()).error(), Errc::invalid);
    EXPECT_EQ(SharedMemory::create("vast", ~std::size_t{0}, GetParam()).error(), Errc::overloaded);
    EXPECT_EQ(SharedMemory::create("large", std::size_t{1} << 60, GetParam()).error(),
              Errc::overloaded);
}

TEST_P(SharedMemories, an_older_kernel_leaves_out_only_the_seal_on_execution) {
    const auto older =
        SharedMemory::create("older", 4096, GetParam(), {.has_noexec_seal = false}).value();
    EXPECT_TRUE(SharedMemory::open(copy_of(older.fd()), GetParam(), 1, 1 << 20).ok());
    const int without = ::fcntl(older.fd(), F_GET_SEALS);
    const int with = ::fcntl(memory.fd(), F_GET_SEALS);
    EXPECT_EQ(with & ~0x20, without);  // F_SEAL_EXEC
}

TEST_P(SharedMemories, a_full_control_group_refuses_and_does_not_kill) {
    constexpr int not_allowed = 77;
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("mycelium." + std::to_string(::getpid()));
    std::filesystem::create_directories(folder / "memory");
    // The figures of both versions, at the root of what is mounted.
    std::ofstream{folder / "memory.max"} << 8 * MiB << '\n';
    std::ofstream{folder / "memory.current"} << 5 * MiB << '\n';
    std::ofstream{folder / "memory" / "memory.limit_in_bytes"} << 8 * MiB << '\n';
    std::ofstream{folder / "memory" / "memory.usage_in_bytes"} << 5 * MiB << '\n';
    const int end = in_child([&] {
        SharedMemory before = SharedMemory::create("before", 8 * MiB, GetParam()).value();
        if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            return not_allowed;
        }
        if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount(folder.c_str(), "/sys/fs/cgroup", nullptr, MS_BIND, nullptr) != 0) {
            return not_allowed;
        }
        if (SharedMemory::create("large", 4 * MiB, GetParam())) return 1;
        if (!SharedMemory::create("small", 2 * MiB, GetParam())) return 2;
        const auto refused = before.touch(0, 4 * MiB);
        if (refused || refused.error() != Errc::overloaded) return 3;
        if (resident_pages(before) != 0) return 4;
        return before.touch(0, 2 * MiB) ? 0 : 5;
    });
    std::filesystem::remove_all(folder);
    if (end == not_allowed) GTEST_SKIP() << "no mount namespace of one's own is allowed here";
    EXPECT_EQ(end, 0);
}

}  // namespace
}  // namespace mycelium::os
