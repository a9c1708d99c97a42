#include "host/os/kept_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <charconv>

#include "host/os/children.h"
#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/process.h"
#include "host/os/readiness.h"
#include "host/os/standard_io.h"
#include "host/os/thread.h"

namespace mycelium::os {
namespace {

constexpr Duration patience = std::chrono::seconds{60};

Program shell(std::string script) {
    Program program;
    program.words = {"/bin/sh", "-c", std::move(script)};
    return program;
}

KeptProcess run(std::string script) { return KeptProcess::start(shell(std::move(script))).value(); }

/// All that is written until nobody holds the pipe any more.
std::string rest_of(int fd) {
    const auto bytes = read_to_end(fd, 1 << 20);
    return bytes ? std::string{bytes->text()} : "error: " + bytes.error().message();
}

std::string line_of(int fd) {
    std::string text;
    while (!text.ends_with('\n')) {
        if (wait_to_read(fd, -1, after(patience)).value() != Ready::now) return "nothing came";
        std::array<std::byte, 1> piece;
        if (read_some(fd, piece).kind != Io::Kind::done) return "it ended";
        text += static_cast<char>(piece[0]);
    }
    text.pop_back();
    return text;
}

ChildEnd wait_for(KeptProcess& process) {
    for (;;) {
        if (const auto end = process.try_wait()) return *end;
        std::array polled{Polled{process.news(), false, false}};
        if (poll(polled, after(patience)).value() == 0) break;
    }
    ADD_FAILURE() << "it never ended";
    return {};
}

pid_t number_of(const std::string& text) {
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    return pid;
}

bool comes_to_an_end(pid_t pid) {
    const Instant deadline = after(patience);
    while (is_running(pid, process_start_ticks(pid))) {
        if (now() > deadline) return false;
        std::array<Polled, 0> nothing;
        (void)poll(nothing, after(std::chrono::milliseconds{1}));
    }
    return true;
}

TEST(KeptProcess, what_it_writes_and_how_it_ends_is_told) {
    KeptProcess process = run("cat; echo out; echo bad >&2; exit 3");
    EXPECT_EQ(rest_of(process.output()), "out\n");  // cat found nothing to read
    EXPECT_EQ(rest_of(process.errors()), "bad\n");
    EXPECT_EQ(wait_for(process).to_string(), "exited with status 3");
    EXPECT_FALSE(process.was_keeper_killed());
    EXPECT_FALSE(process.try_wait());
}

TEST(KeptProcess, one_that_keeps_our_output_writes_where_we_do) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd reader = Fd::adopt(ends[0]);
    const Fd ours = Fd::adopt(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    ::fflush(stdout);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[1]);
    Program program = shell("echo out");
    program.keeps_output = true;
    KeptProcess process = KeptProcess::start(program).value();
    ::dup2(ours.get(), STDOUT_FILENO);
    EXPECT_EQ(process.output(), -1);
    EXPECT_EQ(process.errors(), -1);
    EXPECT_TRUE(wait_for(process).is_success());
    EXPECT_EQ(rest_of(reader.get()), "out\n");
}

TEST(KeptProcess, its_signal_is_told) {
    KeptProcess process = run("kill -9 $$");
    EXPECT_EQ(wait_for(process).signal, SIGKILL);
    EXPECT_FALSE(process.was_keeper_killed());
}

TEST(KeptProcess, its_pid_is_the_programs_own) {
    KeptProcess process = run("echo $$; exec sleep 1000");
    const std::string line = line_of(process.output());
    while (process.pid() == 0) {
        std::array polled{Polled{process.news(), false, false}};
        ASSERT_EQ(poll(polled, after(patience)).value(), 1);
        EXPECT_FALSE(process.try_wait());
    }
    EXPECT_EQ(process.pid(), number_of(line));
}

TEST(KeptProcess, words_folder_and_variables_are_as_asked) {
    ::setenv("MYCELIUM_TEST_REMOVED", "here", 1);
    Program program;
    program.words = {"sh", "-c", "pwd; echo \"$1|$A|${MYCELIUM_TEST_REMOVED-gone}\"", "x", "a  b"};
    program.directory = "/usr";
    program.environment = {"A=1 2"};
    program.removed = {"MYCELIUM_TEST_REMOVED"};
    KeptProcess process = KeptProcess::start(program).value();
    EXPECT_EQ(rest_of(process.output()), "/usr\na  b|1 2|gone\n");
    ::unsetenv("MYCELIUM_TEST_REMOVED");
}

TEST(KeptProcess, what_cannot_be_run_says_so) {
    Program program;
    program.words = {"/nowhere/at-all"};
    KeptProcess process = KeptProcess::start(program).value();
    EXPECT_EQ(rest_of(process.errors()), "cannot run /nowhere/at-all: No such file or directory\n");
    EXPECT_EQ(wait_for(process).status, 127);
    program.words = {"/bin/true"};
    program.directory = "/nowhere";
    process = KeptProcess::start(program).value();
    EXPECT_EQ(rest_of(process.errors()),
              "cannot run /bin/true in /nowhere: No such file or directory\n");
    EXPECT_FALSE(KeptProcess::start(Program{}));
}

TEST(KeptProcess, descriptors_and_signals_are_as_for_a_fresh_program) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);  // inheritable, as a careless program makes them
    ASSERT_NE(::signal(SIGPIPE, SIG_IGN), SIG_ERR);
    KeptProcess lister = run("exec ls /proc/self/fd");
    EXPECT_EQ(rest_of(lister.output()), "0\n1\n2\n3\n");  // the last is of ls itself
    KeptProcess process = run("kill -PIPE $$");
    ::signal(SIGPIPE, SIG_DFL);
    EXPECT_EQ(wait_for(process).signal, SIGPIPE);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST(KeptProcess, asked_to_end_its_whole_group_hears_it) {
    KeptProcess process =
        run("trap 'echo parent; exit 4' TERM; (trap 'echo child; exit' TERM; echo ready; while :; "
            "do sleep 0.01; done) & wait; wait");
    EXPECT_EQ(line_of(process.output()), "ready");
    process.terminate();
    const ChildEnd end = wait_for(process);
    EXPECT_EQ(end.status, 4);
    EXPECT_NE(rest_of(process.output()).find("parent\n"), std::string::npos);
}

TEST(KeptProcess, one_that_ignores_the_wish_to_end_is_killed) {
    KeptProcess process = run("trap '' TERM; echo ready; while :; do sleep 1000; done");
    EXPECT_EQ(line_of(process.output()), "ready");
    process.terminate();
    EXPECT_FALSE(process.try_wait());
    process.kill();
    EXPECT_EQ(wait_for(process).signal, SIGKILL);
    EXPECT_EQ(rest_of(process.output()), "");
}

// Each holds the pipe open: that it ends shows that none of them is left.
constexpr const char* strays =
    "sleep 1000 & (sleep 1001 &) ; (setsid sh -c 'sleep 1002 & sleep 1003' &) ; "
    "(setsid env -i sh -c '(setsid env -i sleep 1004 &)' &) ; ";

TEST(KeptProcess, whatever_it_left_ends_with_it) {
    KeptProcess process = run(std::string{strays} + "exit 5");
    EXPECT_EQ(rest_of(process.output()), "");
    EXPECT_EQ(wait_for(process).status, 5);
}

TEST(KeptProcess, whatever_it_left_ends_with_it_without_the_list_of_children) {
    Kernel kernel;
    kernel.has_proc_children = false;
    KeptProcess process = KeptProcess::start(shell(std::string{strays} + "exit 5"), kernel).value();
    EXPECT_EQ(rest_of(process.output()), "");
    EXPECT_EQ(wait_for(process).status, 5);
}

TEST(KeptProcess, its_destructor_leaves_nothing) {
    Fd pipe;
    {
        KeptProcess process = run(std::string{strays} + "echo ready; sleep 1000");
        EXPECT_EQ(line_of(process.output()), "ready");
        pipe = Fd::adopt(::dup(process.output()));
    }
    EXPECT_EQ(rest_of(pipe.get()), "");
}

TEST(KeptProcess, with_us_killed_nothing_is_left) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t victim = ::fork();
    if (victim == 0) {
        KeptProcess process =
            run(std::string{strays} + "echo $$; trap '' TERM; while :; do sleep 1000; done");
        const std::string line = line_of(process.output()) + "\n";
        (void)!::write(pipe[1], line.data(), line.size());
        for (;;) ::pause();
    }
    const pid_t program = number_of(line_of(pipe[0]));
    const std::vector<pid_t> all = children::below(victim);
    EXPECT_GE(all.size(), 6u);  // keeper, shell, the sleeps
    EXPECT_NE(std::find(all.begin(), all.end(), program), all.end());
    ASSERT_EQ(::kill(victim, SIGKILL), 0);
    ::waitpid(victim, nullptr, 0);
    for (const pid_t pid : all) EXPECT_TRUE(comes_to_an_end(pid));
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST(KeptProcess, with_its_keeper_killed_what_is_left_can_be_ended_here) {
    become_subreaper();
    KeptProcess process = run(std::string{strays} + "echo ready; sleep 1000");
    EXPECT_EQ(line_of(process.output()), "ready");
    ASSERT_EQ(::kill(process.keeper(), SIGKILL), 0);
    EXPECT_EQ(wait_for(process).signal, SIGKILL);
    EXPECT_TRUE(process.was_keeper_killed());
    KeptProcess other = run("echo ready; sleep 1000");
    EXPECT_EQ(line_of(other.output()), "ready");
    const std::array kept{other.keeper()};
    while (!end_children_except(kept)) {
    }
    EXPECT_EQ(rest_of(process.output()), "");
    EXPECT_FALSE(other.try_wait());
}

TEST(KeptProcess, whoever_ended_a_child_looks_again_for_what_that_one_left) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(end_children_except({}));
    EXPECT_TRUE(end_children_except({}));
}

TEST(KeptProcess, a_keeper_that_finds_no_descriptor_was_not_killed) {
    const pid_t starter = ::fork();
    if (starter == 0) {
        ::close_range(3, ~0U, 0);
        const rlimit few{10, 10};
        ::setrlimit(RLIMIT_NOFILE, &few);
        auto process = KeptProcess::start(shell("exit 0"));
        if (!process) ::_exit(1);
        const std::string errors = rest_of(process->errors());
        const ChildEnd end = wait_for(*process);
        ::_exit(end.status == 127 && !process->was_keeper_killed() && !errors.empty() ? 0 : 2);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(starter, &status, 0), starter);
    EXPECT_EQ(status, 0);
}

TEST(KeptProcess, its_own_end_is_known_with_that_of_all) {
    KeptProcess process = run("exit 5");
    EXPECT_EQ(wait_for(process).status, 5);
    ASSERT_TRUE(process.programs_end());
    EXPECT_EQ(process.programs_end()->status, 5);
}

TEST(KeptProcess, timers_and_real_time_signals_are_as_before_the_loop) {
    const unsigned long slack = coarse_timer_slack();
    use_fine_timers();
    const int number = SIGRTMIN;
    ASSERT_NE(::signal(number, SIG_IGN), SIG_ERR);
    KeptProcess reader = run("exec cat /proc/self/timerslack_ns");
    KeptProcess process = run("kill -" + std::to_string(number) + " $$");
    ::signal(number, SIG_DFL);
    EXPECT_EQ(rest_of(reader.output()), std::to_string(slack) + "\n");
    EXPECT_EQ(wait_for(process).signal, number);
}

TEST(KeptProcess, a_stopped_one_can_be_ended) {
    KeptProcess process = run("echo ready; kill -STOP $$; sleep 1000");
    EXPECT_EQ(line_of(process.output()), "ready");
    process.kill();
    EXPECT_EQ(wait_for(process).signal, SIGKILL);
}

TEST(KeptProcess, many_runs_leave_no_descriptor_and_no_child) {
    const auto descriptors = [] {
        KeptProcess process = run("ls /proc/$PPID/fd");
        (void)rest_of(process.output());
        (void)wait_for(process);
        return ::dup(0);
    };
    const int first = descriptors();
    ::close(first);
    for (int n = 0; n < 100; ++n) {
        KeptProcess process = run("exit 0");
        (void)wait_for(process);
    }
    const int last = descriptors();
    ::close(last);
    EXPECT_EQ(first, last);
    EXPECT_TRUE(children::of(::getpid()).empty());
}

TEST(ReadySocket, what_a_program_says_is_heard) {
    ReadySocket socket = ReadySocket::create().value();
    EXPECT_FALSE(socket.try_ready());
    ::setenv("NOTIFY_SOCKET", socket.address().c_str(), 1);
    EXPECT_TRUE(say_ready());
    ::unsetenv("NOTIFY_SOCKET");
    EXPECT_TRUE(socket.try_ready());
    EXPECT_FALSE(socket.try_ready());
    EXPECT_TRUE(say_ready());  // nobody asked: nothing is said
    EXPECT_FALSE(socket.try_ready());
}

TEST(ReadySocket, nobody_there_is_an_error) {
    ::setenv("NOTIFY_SOCKET", "@mycelium-nobody-there", 1);
    EXPECT_FALSE(say_ready());
    ::unsetenv("NOTIFY_SOCKET");
}

TEST(Children, both_ways_to_look_find_the_same) {
    KeptProcess process = run("sleep 1000 & echo ready; wait");
    EXPECT_EQ(line_of(process.output()), "ready");
    Kernel kernel;
    kernel.has_proc_children = false;
    EXPECT_EQ(children::of(::getpid()), children::of(::getpid(), kernel));
    EXPECT_EQ(children::below(process.keeper()).size(), 2u);
    EXPECT_EQ(children::below(process.keeper(), kernel).size(), 2u);
}

TEST(Children, use_is_added_up) {
    const auto usage = children::usage_of({::getpid(), ::getppid()});
    EXPECT_GT(usage.resident_bytes, children::usage_of({::getppid()}).resident_bytes);
    EXPECT_EQ(children::usage_of({-1}).resident_bytes, 0u);
}

}  // namespace
}  // namespace mycelium::os
