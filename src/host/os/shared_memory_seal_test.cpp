// What a peer can try: a subscriber on a log, and whoever sends a descriptor that is not what we
// want.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <array>
#include <cerrno>
#include <filesystem>

#include "host/os/os_testing.h"
#include "host/os/shared_memory.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace mycelium::os {
namespace {

using Kind = SharedMemory::Kind;
constexpr std::size_t size = 64 * 1024;
constexpr int common = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

bool can_map_to_write(int fd) {
    void* const map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) return false;
    ::munmap(map, size);
    return true;
}

/// A log as its reader has it. Each test ends with the maker's byte unchanged and its map alive.
class LogReader : public testing::Test {
protected:
    LogReader() { maker.data()[0] = std::byte{42}; }
    ~LogReader() override {
        EXPECT_EQ(maker.data()[0], std::byte{42});
        struct stat facts {};
        EXPECT_EQ(::fstat(maker.fd(), &facts), 0);
        EXPECT_EQ(facts.st_size, static_cast<off_t>(size));
    }
    /// Another open file for the same memory, as /proc offers it.
    Fd reopened(int flags) const {
        const std::string path = "/proc/self/fd/" + std::to_string(reader.fd());
        return Fd::adopt(::open(path.c_str(), flags | O_CLOEXEC));
    }

    SharedMemory maker = SharedMemory::create("log", size, Kind::log).value();
    SharedMemory reader = SharedMemory::open(copy_of(maker.fd()), Kind::log, size, size).value();
    std::array<char, 8> bytes{"oooooo"};
};

TEST_F(LogReader, its_descriptor_is_read_only_and_maps_for_no_writing) {
    EXPECT_EQ(::fcntl(reader.fd(), F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_FALSE(can_map_to_write(reader.fd()));
    const Fd copy = copy_of(reader.fd());
    EXPECT_FALSE(can_map_to_write(copy.get()));
}

TEST_F(LogReader, its_map_cannot_be_made_writable) {
    EXPECT_EQ(::mprotect(reader.data(), size, PROT_READ | PROT_WRITE), -1);
    EXPECT_EQ(errno, EACCES);
    // A size of 0 makes a second map of the same pages.
    void* const second = ::mremap(reader.data(), 0, size, MREMAP_MAYMOVE);
    ASSERT_NE(second, MAP_FAILED);
    EXPECT_EQ(::mprotect(second, size, PROT_WRITE), -1);
    ::munmap(second, size);
}

TEST_F(LogReader, opening_it_again_to_write_gives_nothing_to_write_with) {
    const Fd again = reopened(O_RDWR);
    if (!again) return;  // refused outright
    EXPECT_FALSE(can_map_to_write(again.get()));
    EXPECT_EQ(::write(again.get(), bytes.data(), bytes.size()), -1);
    EXPECT_EQ(::pwrite(again.get(), bytes.data(), bytes.size(), 0), -1);
    const iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    EXPECT_EQ(::pwritev(again.get(), &part, 1, 0), -1);
    void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, again.get(), 0);
    ASSERT_NE(map, MAP_FAILED);
    EXPECT_EQ(::mprotect(map, size, PROT_READ | PROT_WRITE), -1);
    ::munmap(map, size);
}

TEST_F(LogReader, no_size_can_be_changed_and_no_hole_made) {
    const Fd again = reopened(O_RDWR);
    for (const int fd : {reader.fd(), again.get()}) {
        EXPECT_EQ(::ftruncate(fd, 0), -1);
        EXPECT_EQ(::ftruncate(fd, 2 * size), -1);
        EXPECT_EQ(::fallocate(fd, 0, 0, 2 * size), -1);
        EXPECT_EQ(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size), -1);
        EXPECT_EQ(::fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, size), -1);
    }
    EXPECT_EQ(::madvise(reader.data(), size, MADV_REMOVE), -1);
    const std::string path = "/proc/self/fd/" + std::to_string(reader.fd());
    EXPECT_EQ(::truncate(path.c_str(), 0), -1);
    EXPECT_FALSE(reopened(O_RDWR | O_TRUNC));
}

TEST_F(LogReader, no_bytes_get_in_through_other_calls) {
    EXPECT_EQ(::write(reader.fd(), bytes.data(), bytes.size()), -1);
    EXPECT_EQ(::pwrite(reader.fd(), bytes.data(), bytes.size(), 0), -1);
    const Fd again = reopened(O_RDWR);
    const Fd other = Fd::adopt(::memfd_create("source", MFD_CLOEXEC));
    ASSERT_EQ(::write(other.get(), bytes.data(), bytes.size()), 8);
    off_t from = 0;
    off_t to = 0;
    EXPECT_EQ(::copy_file_range(other.get(), &from, again.get(), &to, bytes.size(), 0), -1);
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd reading = Fd::adopt(ends[0]);
    const Fd writing = Fd::adopt(ends[1]);
    ASSERT_EQ(::write(writing.get(), bytes.data(), bytes.size()), 8);
    EXPECT_EQ(::splice(reading.get(), nullptr, again.get(), nullptr, bytes.size(), 0), -1);
    // /proc/self/mem passes by the protection of private pages.
    const Fd memory = Fd::adopt(::open("/proc/self/mem", O_RDWR | O_CLOEXEC));
    if (memory) {
        const auto address = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(reader.data()));
        EXPECT_EQ(::pwrite(memory.get(), bytes.data(), bytes.size(), address), -1);
    }
}

TEST_F(LogReader, its_seals_are_final) {
    const int before = ::fcntl(reader.fd(), F_GET_SEALS);
    EXPECT_EQ(before & (common | F_SEAL_FUTURE_WRITE), common | F_SEAL_FUTURE_WRITE);
    const Fd again = reopened(O_RDWR);
    for (const int fd : {reader.fd(), again.get()}) {
        EXPECT_EQ(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
        EXPECT_EQ(::fcntl(fd, F_ADD_SEALS, 0), -1);
    }
    EXPECT_EQ(::fcntl(reader.fd(), F_GET_SEALS), before);
}

TEST_F(LogReader, touching_its_map_is_refused) {
    EXPECT_EQ(reader.touch(0, size).error(), Errc::invalid);
}

TEST_F(LogReader, its_map_survives_a_fork_to_be_read) {
    EXPECT_EQ(in_child([&] { return reader.data()[0] == std::byte{42} ? 0 : 1; }), 0);
}

TEST_F(LogReader, it_has_no_more_than_it_asked_for) {
    const auto part = SharedMemory::open(copy_of(maker.fd()), Kind::log, 1, 4096).value();
    EXPECT_EQ(part.size(), 4096U);
}

TEST_F(LogReader, cannot_take_it_for_memory_that_both_write) {
    const auto refused = SharedMemory::open(copy_of(maker.fd()), Kind::subscription, 1, size);
    EXPECT_EQ(refused.error(), Errc::malformed);
    const auto writable = SharedMemory::open(reopened(O_RDWR), Kind::subscription, 1, size);
    EXPECT_EQ(writable.error(), Errc::malformed);
}

TEST(SharedMemory, neither_end_of_a_subscription_can_truncate_it_under_the_other) {
    SharedMemory maker = SharedMemory::create("subscription", size, Kind::subscription).value();
    SharedMemory other =
        SharedMemory::open(copy_of(maker.fd()), Kind::subscription, size, size).value();
    for (const int fd : {maker.fd(), other.fd()}) {
        EXPECT_EQ(::ftruncate(fd, 0), -1);
        EXPECT_EQ(::ftruncate(fd, 2 * size), -1);
        EXPECT_EQ(::fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
    }
    other.data()[0] = std::byte{1};
    EXPECT_EQ(maker.data()[0], std::byte{1});
}

/// A memfd of a peer's making.
Fd planted(int seals, std::size_t bytes = size, unsigned flags = MFD_ALLOW_SEALING) {
    Fd memory = Fd::adopt(::memfd_create("planted", MFD_CLOEXEC | flags));
    if (!memory || ::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) return {};
    if (seals != 0 && ::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) return {};
    return memory;
}

Errc code_of_opening(Fd memory, Kind kind) {
    EXPECT_TRUE(memory);
    const auto opened = SharedMemory::open(std::move(memory), kind, size, size);
    return opened ? Errc::internal : opened.error().code();
}

TEST(SharedMemory, one_that_lacks_a_seal_is_refused) {
    const int all = common | F_SEAL_FUTURE_WRITE;
    EXPECT_TRUE(SharedMemory::open(planted(all), Kind::log, size, size).ok());
    EXPECT_TRUE(SharedMemory::open(planted(common), Kind::subscription, size, size).ok());
    for (const int lacking : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_FUTURE_WRITE}) {
        EXPECT_EQ(code_of_opening(planted(all & ~lacking), Kind::log), Errc::malformed) << lacking;
    }
    for (const int lacking : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL}) {
        EXPECT_EQ(code_of_opening(planted(common & ~lacking), Kind::subscription), Errc::malformed)
            << lacking;
    }
    EXPECT_EQ(code_of_opening(planted(0), Kind::log), Errc::malformed);
    EXPECT_EQ(code_of_opening(planted(0, size, 0), Kind::subscription), Errc::malformed);
}

TEST(SharedMemory, one_that_cannot_be_written_is_no_subscription) {
    EXPECT_EQ(code_of_opening(planted(common | F_SEAL_WRITE), Kind::subscription), Errc::malformed);
    const Fd memory = planted(common);
    const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
    EXPECT_EQ(
        code_of_opening(Fd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), Kind::subscription),
        Errc::malformed);
}

TEST(SharedMemory, one_that_is_too_small_is_refused) {
    const auto refused =
        SharedMemory::open(planted(common, size - 1), Kind::subscription, size, size);
    EXPECT_EQ(refused.error(), Errc::malformed);
    EXPECT_NE(refused.error().message().find("65535 bytes"), std::string::npos);
    EXPECT_EQ(SharedMemory::open(planted(common, 0), Kind::subscription, 0, size).error(),
              Errc::malformed);
}

TEST(SharedMemory, huge_pages_that_may_not_be_there_are_refused) {
    constexpr std::size_t huge = std::size_t{2} << 20;
    Fd memory = planted(common, huge, MFD_ALLOW_SEALING | MFD_HUGETLB);
    if (!memory) GTEST_SKIP() << "no huge pages in this kernel";
    EXPECT_EQ(code_of_opening(std::move(memory), Kind::subscription), Errc::malformed);
}

TEST(SharedMemory, other_descriptors_than_a_memfd_are_refused_and_closed) {
    const int before = open_descriptors();
    const auto folder = std::filesystem::temp_directory_path();
    for (const Kind kind : {Kind::log, Kind::subscription}) {
        EXPECT_EQ(
            code_of_opening(Fd::adopt(::open(folder.c_str(), O_TMPFILE | O_RDWR, 0600)), kind),
            Errc::malformed);
        EXPECT_EQ(code_of_opening(Fd::adopt(::open("/dev/zero", O_RDWR)), kind), Errc::malformed);
        EXPECT_EQ(code_of_opening(Fd::adopt(::open("/", O_PATH)), kind), Errc::malformed);
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        EXPECT_EQ(code_of_opening(Fd::adopt(ends[0]), kind), Errc::malformed);
        EXPECT_EQ(code_of_opening(Fd::adopt(ends[1]), kind), Errc::malformed);
        EXPECT_EQ(code_of_opening(Fd::adopt(::socket(AF_UNIX, SOCK_STREAM, 0)), kind),
                  Errc::malformed);
        EXPECT_EQ(SharedMemory::open({}, kind, 1, size).error(), Errc::malformed);
    }
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace mycelium::os
