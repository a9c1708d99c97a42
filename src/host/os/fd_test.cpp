#include "host/os/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <vector>

namespace mycelium::os {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

Fd some_file() { return Fd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC)); }

// Runs `body` in a forked child; what it returns is the exit status.
template <class Body>
int in_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Fd, the_destructor_closes) {
    int number = -1;
    {
        const Fd file = some_file();
        number = file.get();
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(Fd, none_is_minus_one_and_harmless) {
    Fd none = Fd::adopt(-1);
    EXPECT_FALSE(none);
    EXPECT_EQ(none.get(), -1);
    EXPECT_EQ(none.release(), -1);
    none.reset();
}

TEST(Fd, moving_hands_over_and_closes_what_was_there) {
    Fd first = some_file();
    Fd second = some_file();
    const int first_number = first.get();
    const int second_number = second.get();
    second = std::move(first);
    EXPECT_FALSE(first);
    EXPECT_EQ(second.get(), first_number);
    EXPECT_FALSE(is_open(second_number));
}

TEST(Fd, a_released_number_belongs_to_the_caller_also_across_a_fork) {
    Fd file = some_file();
    const int number = file.release();
    EXPECT_FALSE(file);
    EXPECT_EQ(in_child([&] { return is_open(number) ? 0 : 1; }), 0);
    EXPECT_TRUE(is_open(number));
    ::close(number);
}

TEST(Fd, a_forked_child_finds_it_closed_and_the_parent_keeps_it) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    const Fd reading = Fd::adopt(ends[0]);
    const Fd writing = Fd::adopt(ends[1]);
    const std::uint32_t before = fork_generation();
    EXPECT_EQ(in_child([&] {
                  if (fork_generation() == before) return 1;
                  if (is_open(ends[0]) || is_open(ends[1])) return 2;
                  if (reading.get() != -1 || writing) return 3;
                  return 0;
              }),
              0);
    EXPECT_EQ(fork_generation(), before);
    EXPECT_EQ(::write(writing.get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(reading.get(), &byte, 1), 1);
}

TEST(Fd, a_destructor_in_the_child_spares_the_numbers_next_owner) {
    Fd file = some_file();
    const int number = file.get();
    EXPECT_EQ(in_child([&] {
                  const int taken = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
                  if (taken != number) return 1;
                  file.reset();
                  { const Fd gone = std::move(file); }
                  return is_open(taken) ? 0 : 2;
              }),
              0);
}

TEST(Fd, a_child_owns_what_it_opens_and_its_own_child_does_not) {
    EXPECT_EQ(in_child([&] {
                  const Fd own = some_file();
                  if (!own || !is_open(own.get())) return 1;
                  const int number = own.get();
                  return in_child([&] { return own.get() == -1 && !is_open(number) ? 0 : 2; });
              }),
              0);
}

TEST(Fd, a_number_beyond_the_table_is_safe) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const int beyond = (1 << 20) + 5;
    Fd file = Fd::adopt(::fcntl(some_file().get(), F_DUPFD_CLOEXEC, beyond));
    if (!file) {
        // The machine gives no such numbers: what is left to show is that the table is not touched.
        file = Fd::adopt(beyond);
        EXPECT_EQ(file.release(), beyond);
        return;
    }
    EXPECT_EQ(in_child([&] { return file.get() == -1 ? 0 : 1; }), 0);
    const int number = file.get();
    file.reset();
    EXPECT_FALSE(is_open(number));
}

}  // namespace
}  // namespace mycelium::os
