#include "benchmarks/raw/processes.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/raw/clock.h"

namespace mycelium::bench {
namespace {

bool interrupted = false;

/// Blocks the signals that end the wait, and makes children wait to be collected; undoes both.
class SignalGuard {
public:
    SignalGuard() {
        sigemptyset(&awaited_);
        for (int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&awaited_, signal);
        ::sigprocmask(SIG_BLOCK, &awaited_, &mask_before_);
        struct sigaction usual {};
        usual.sa_handler = SIG_DFL;
        ::sigaction(SIGCHLD, &usual, &child_before_);
    }
    ~SignalGuard() {
        ::sigaction(SIGCHLD, &child_before_, nullptr);
        ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    SignalGuard(const SignalGuard&) = delete;
    SignalGuard& operator=(const SignalGuard&) = delete;
    const sigset_t& awaited() const noexcept { return awaited_; }
    const sigset_t& mask_before() const noexcept { return mask_before_; }

private:
    sigset_t awaited_{};
    sigset_t mask_before_{};
    struct sigaction child_before_ {};
};

[[noreturn]] void be_child(const std::function<bool()>& body, pid_t parent, const sigset_t& mask) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    std::signal(SIGPIPE, SIG_IGN);
    // A terminal's Ctrl-C goes to the whole group: the parent ends its children, in order.
    std::signal(SIGINT, SIG_IGN);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::_exit(body() ? 0 : 1);
}

void end_all(std::vector<pid_t>& children) {
    for (pid_t child : children) ::kill(child, SIGKILL);
    for (pid_t child : children) ::waitpid(child, nullptr, 0);
    children.clear();
}

std::string death_of(int status) {
    if (WIFSIGNALED(status))
        return std::string{"a side was killed: "} + ::strsignal(WTERMSIG(status));
    return "a side failed";
}

/// Collects the children that have ended. Returns why the measurement failed, or nothing.
std::string collect(std::vector<pid_t>& children) {
    for (std::size_t i = 0; i < children.size();) {
        int status = 0;
        if (::waitpid(children[i], &status, WNOHANG) != children[i]) {
            ++i;
            continue;
        }
        children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return death_of(status);
    }
    return {};
}

/// Waits for all children. Returns why the measurement failed, or nothing.
std::string watch(std::vector<pid_t>& children, const sigset_t& awaited, double limit_seconds) {
    const std::uint64_t deadline = now_ns() + static_cast<std::uint64_t>(limit_seconds * 1e9);
    for (;;) {
        if (std::string failure = collect(children); !failure.empty() || children.empty())
            return failure;
        const std::uint64_t time = now_ns();
        if (time >= deadline)
            return "hung: ended after " + std::to_string(static_cast<int>(limit_seconds)) + " s";
        const timespec left{static_cast<time_t>((deadline - time) / 1'000'000'000u),
                            static_cast<long>((deadline - time) % 1'000'000'000u)};
        const int signal = ::sigtimedwait(&awaited, nullptr, &left);
        if (signal == SIGINT || signal == SIGTERM) {
            interrupted = true;
            return "interrupted";
        }
    }
}

}  // namespace

std::string run_processes(const std::vector<std::function<bool()>>& bodies, double limit_seconds) {
    if (interrupted) return "interrupted";
    const SignalGuard signals;
    const pid_t parent = ::getpid();
    std::vector<pid_t> children;
    std::string failure;
    for (const std::function<bool()>& body : bodies) {
        const pid_t child = ::fork();
        if (child == 0) be_child(body, parent, signals.mask_before());
        if (child > 0)
            children.push_back(child);
        else
            failure = std::string{"no process: "} + std::strerror(errno);
    }
    if (failure.empty()) failure = watch(children, signals.awaited(), limit_seconds);
    end_all(children);
    return failure;
}

bool was_interrupted() noexcept { return interrupted; }

}  // namespace mycelium::bench
