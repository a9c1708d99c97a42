#include "host/os/child.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <csignal>

#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/standard_io.h"

namespace mycelium::os {
namespace {

std::string rest_of(int fd) {
    const auto bytes = read_to_end(fd, 1 << 20);
    return bytes ? std::string{bytes->text()} : "error: " + bytes.error().message();
}

ChildEnd wait_for(Child& child) {
    std::array polled{Polled{child.exited(), false, false}};
    EXPECT_EQ(poll(polled, after(std::chrono::seconds{60})).value(), 1);
    const auto end = child.try_wait();
    EXPECT_TRUE(end);
    return end.value_or(ChildEnd{});
}

/// Waits until `fd` reads `expected`.
void expect_line(int fd, std::string_view expected) {
    std::string text;
    while (text.size() < expected.size()) {
        ASSERT_EQ(wait_to_read(fd, -1, after(std::chrono::seconds{60})).value(), Ready::now);
        std::array<std::byte, 64> piece;
        const Io io = read_some(fd, piece);
        ASSERT_EQ(io.kind, Io::Kind::done);
        text.append(reinterpret_cast<const char*>(piece.data()), io.count);
    }
    EXPECT_EQ(text, expected);
}

TEST(Child, what_goes_in_comes_out_and_the_status_is_told) {
    Child child = Child::start("cat; echo bad >&2; exit 3").value();
    const std::string_view text = "hello";
    EXPECT_EQ(write_some(child.input(), std::as_bytes(std::span{text})).count, text.size());
    child.close_input();
    EXPECT_EQ(rest_of(child.output()), "hello");
    EXPECT_EQ(rest_of(child.errors()), "bad\n");
    const ChildEnd end = wait_for(child);
    EXPECT_EQ(end.status, 3);
    EXPECT_FALSE(end.is_success());
    EXPECT_EQ(end.to_string(), "exited with status 3");
}

TEST(Child, variables_are_added_and_replaced) {
    ASSERT_EQ(::setenv("MYCELIUM_TEST_A", "old", 1), 0);
    const std::array<std::string, 2> variables{"MYCELIUM_TEST_A=new", "MYCELIUM_TEST_B=a=b"};
    Child child =
        Child::start("echo $MYCELIUM_TEST_A $MYCELIUM_TEST_B; env | grep -c ^MYCELIUM_TEST_A=",
                     variables)
            .value();
    EXPECT_EQ(rest_of(child.output()), "new a=b\n1\n");
}

TEST(Child, its_signal_is_told) {
    Child child = Child::start("kill -9 $$").value();
    const ChildEnd end = wait_for(child);
    EXPECT_EQ(end.signal, SIGKILL);
    EXPECT_EQ(end.to_string(), "was killed by signal 9 (Killed)");
}

TEST(Child, one_that_ignores_the_wish_to_end_is_killed_with_all_it_started) {
    // The pipe's writing end is held by the shell and by its own child: it ends when both are gone.
    Child child =
        Child::start("trap '' TERM; sleep 1000 & echo ready; while :; do sleep 1000; done").value();
    expect_line(child.output(), "ready\n");
    child.terminate();
    EXPECT_FALSE(child.try_wait());
    child.kill();
    EXPECT_EQ(rest_of(child.output()), "");
    EXPECT_EQ(wait_for(child).signal, SIGKILL);
}

TEST(Child, what_a_finished_command_left_behind_ends_with_it) {
    Child child = Child::start("sleep 1000 & echo done").value();
    EXPECT_TRUE(wait_for(child).is_success());
    EXPECT_EQ(rest_of(child.output()), "done\n");  // would not end while sleep held the pipe
}

TEST(Child, its_destructor_leaves_no_process) {
    int probe = -1;
    {
        Child child = Child::start("echo ready; sleep 1000").value();
        expect_line(child.output(), "ready\n");
        probe = ::dup(child.exited());
    }
    std::array polled{Polled{probe, false, false}};
    EXPECT_EQ(poll(polled, after(std::chrono::seconds{0})).value(), 1);
    ::close(probe);
}

TEST(Child, signals_act_in_it_as_if_we_had_never_changed_them) {
    ASSERT_NE(::signal(SIGPIPE, SIG_IGN), SIG_ERR);
    Child child = Child::start("kill -PIPE $$; echo survived").value();
    EXPECT_EQ(wait_for(child).signal, SIGPIPE);
    ::signal(SIGPIPE, SIG_DFL);
}

TEST(Child, our_descriptors_are_not_its) {
    const Fd ours = open_to_read("/dev/null").value();
    Child child =
        Child::start("test -e /proc/$$/fd/" + std::to_string(ours.get()) + " || echo closed")
            .value();
    EXPECT_EQ(rest_of(child.output()), "closed\n");
}

TEST(Child, moving_it_moves_the_duty_to_end_it) {
    Child child = Child::start("exec cat").value();
    Child other = std::move(child);
    EXPECT_EQ(child.exited(), -1);
    other.close_input();
    EXPECT_TRUE(wait_for(other).is_success());
    EXPECT_FALSE(other.try_wait());
}

}  // namespace
}  // namespace mycelium::os
