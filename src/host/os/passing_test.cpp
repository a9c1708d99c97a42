#include "host/os/passing.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "host/os/os_testing.h"

namespace mycelium::os {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text});
}

/// Two ends, and files that can be told apart: event counters of known value.
class Passing : public testing::Test {
protected:
    Passing() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours = Fd::adopt(ends[0]);
        theirs = Fd::adopt(ends[1]);
    }
    static Fd counter(unsigned value) { return Fd::adopt(::eventfd(value, EFD_CLOEXEC)); }
    static std::uint64_t value_of(const Fd& fd) {
        eventfd_t value = 0;
        EXPECT_EQ(::eventfd_read(fd.get(), &value), 0);
        return value;
    }
    Moved send(std::string_view text, const std::vector<int>& descriptors = {}) {
        return send_with(ours.get(), bytes_of(text), descriptors);
    }
    /// As many descriptors as the kernel carries in one message, whatever our own limit.
    void flood(std::size_t count) {
        std::vector<int> numbers(count, ours.get());
        std::vector<std::byte> control(CMSG_SPACE(count * sizeof(int)));
        char byte = 'f';
        iovec part{.iov_base = &byte, .iov_len = 1};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(header), numbers.data(), count * sizeof(int));
        ASSERT_EQ(::sendmsg(ours.get(), &message, MSG_DONTWAIT), 1);
    }
    /// What one read gives.
    std::string read(std::size_t size = 4096) {
        std::string text(size, '\0');
        last = receive_with(theirs.get(), std::as_writable_bytes(std::span{text}), came);
        text.resize(last.moved.count);
        return text;
    }

    Fd ours;
    Fd theirs;
    std::vector<Fd> came;
    ReceivedWith last;
};

TEST_F(Passing, bytes_and_descriptors_come_in_order) {
    const Fd one = counter(1);
    const Fd two = counter(2);
    EXPECT_EQ(send("hello", {one.get(), two.get()}).count, 5U);
    EXPECT_EQ(read(), "hello");
    EXPECT_FALSE(last.truncated);
    ASSERT_EQ(came.size(), 2U);
    EXPECT_NE(came[0].get(), one.get());
    EXPECT_EQ(value_of(came[0]), 1U);
    EXPECT_EQ(value_of(came[1]), 2U);
    for (const Fd& fd : came) EXPECT_EQ(::fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(Passing, a_read_ends_with_the_message_that_brings_descriptors) {
    const Fd one = counter(1);
    const Fd two = counter(2);
    send("plain ");
    send("first", {one.get()});
    send("second", {two.get()});
    send(" rest");
    EXPECT_EQ(read(), "plain first");
    EXPECT_EQ(came.size(), 1U);
    EXPECT_EQ(read(), "second");
    EXPECT_EQ(came.size(), 2U);
    EXPECT_EQ(read(), " rest");
    ASSERT_EQ(came.size(), 2U);
    EXPECT_EQ(value_of(came[0]), 1U);
    EXPECT_EQ(value_of(came[1]), 2U);
}

TEST_F(Passing, descriptors_come_with_the_first_byte) {
    const Fd one = counter(1);
    send("hello", {one.get()});
    EXPECT_EQ(read(1), "h");
    EXPECT_EQ(came.size(), 1U);
    EXPECT_EQ(read(), "ello");
    EXPECT_EQ(came.size(), 1U);
}

TEST_F(Passing, nothing_there_and_the_end_are_told_apart) {
    read();
    EXPECT_TRUE(last.moved.would_block);
    ours.reset();
    read();
    EXPECT_FALSE(last.moved.would_block);
    EXPECT_EQ(last.moved.error, 0);
    EXPECT_EQ(last.moved.count, 0U);
    EXPECT_EQ(send_with(theirs.get(), bytes_of("x"), {}).error, EPIPE);
}

TEST_F(Passing, a_full_socket_takes_nothing_of_a_small_message) {
    const Fd one = counter(1);
    const std::string text(100, 'x');
    std::size_t sent = 0;
    Moved moved = send(text, {one.get()});
    for (; moved.count == text.size(); moved = send(text)) sent += moved.count;
    EXPECT_TRUE(moved.would_block);
    EXPECT_EQ(moved.count, 0U);
    std::size_t received = 0;
    for (std::string part = read(); !part.empty(); part = read()) received += part.size();
    EXPECT_EQ(received, sent);
    EXPECT_EQ(came.size(), 1U);
}

TEST_F(Passing, sixteen_fit_and_more_are_refused) {
    const std::vector<int> sixteen(passed_descriptors_max, ours.get());
    std::vector<int> more = sixteen;
    more.push_back(ours.get());
    EXPECT_EQ(send("x", more).error, EINVAL);
    EXPECT_EQ(send("x", sixteen).count, 1U);
    EXPECT_EQ(read(), "x");
    EXPECT_EQ(came.size(), passed_descriptors_max);
    EXPECT_FALSE(last.truncated);
}

TEST_F(Passing, descriptors_need_a_byte_to_travel_with) {
    EXPECT_EQ(send("", {ours.get()}).error, EINVAL);
    EXPECT_EQ(send("").error, 0);
    EXPECT_EQ(send("x", {-1}).error, EBADF);
    read();
    EXPECT_TRUE(last.moved.would_block);
}

TEST_F(Passing, a_flood_of_descriptors_is_told_and_leaks_nothing) {
    const int before = open_descriptors();
    for (int round = 0; round < 20; ++round) {
        flood(253);
        EXPECT_EQ(read(), "f");
        EXPECT_TRUE(last.truncated);
        EXPECT_LE(came.size(), passed_descriptors_max);
        came.clear();
    }
    EXPECT_EQ(open_descriptors(), before);
    send("after");
    EXPECT_EQ(read(), "after");
    EXPECT_FALSE(last.truncated);
}

TEST_F(Passing, without_free_numbers_the_loss_is_told_and_nothing_leaks) {
    const int before = open_descriptors();
    const std::vector<int> four(4, ours.get());
    const int lowest_free = copy_of(0).get();
    for (rlim_t free = 0; free <= 4; ++free) {
        ASSERT_EQ(send("four", four).count, 4U);
        {
            const LoweredLimit limit{RLIMIT_NOFILE, static_cast<rlim_t>(lowest_free) + free};
            EXPECT_EQ(read(), "four");
        }
        EXPECT_EQ(last.truncated, free < 4);
        EXPECT_EQ(came.size(), free);
        came.clear();
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Passing, received_descriptors_are_closed_in_a_forked_child) {
    const Fd one = counter(1);
    send("x", {one.get()});
    read();
    ASSERT_EQ(came.size(), 1U);
    const int number = came[0].get();
    EXPECT_EQ(in_child([&] { return ::fcntl(number, F_GETFD) == -1 ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace mycelium::os
