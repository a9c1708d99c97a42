#include "host/os/child.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "host/os/error.h"
#include "host/os/spawning.h"

namespace mycelium::os {

namespace {

/// Between fork and exec: only async-signal-safe calls. Never returns.
[[noreturn]] void become(const char* command, char* const* environment, pid_t parent, int input,
                         int output, int errors) noexcept {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    if (!spawning::install(input, output, errors)) ::_exit(127);
    spawning::restore_signals();
    const char* arguments[] = {"sh", "-c", command, nullptr};
    ::execve("/bin/sh", const_cast<char* const*>(arguments), environment);
    ::_exit(127);
}

}  // namespace

std::string ChildEnd::to_string() const {
    if (signal == 0) return "exited with status " + std::to_string(status);
    const char* name = ::sigdescr_np(signal);
    return "was killed by signal " + std::to_string(signal) +
           (name ? " (" + std::string{name} + ")" : "");
}

Result<Child> Child::start(const std::string& command, std::span<const std::string> environment) {
    spawning::Pipe input, output, errors;
    if (!input.open() || !output.open() || !errors.open()) return error_from(errno, "pipe");
    const std::vector<char*> variables = spawning::environment_with(environment);
    const pid_t parent = ::getpid();
    const spawning::SignalsBlocked blocked;
    const pid_t pid = ::fork();
    if (pid < 0) return error_from(errno, "fork");
    if (pid == 0)
        become(command.c_str(), variables.data(), parent, input.read, output.write, errors.write);

    ::setpgid(pid, pid);  // whoever of us two comes first
    Child child;
    child.pid_ = pid;
    child.generation_ = fork_generation();
    child.input_ = spawning::Pipe::keep(input.write);
    child.output_ = spawning::Pipe::keep(output.read);
    child.errors_ = spawning::Pipe::keep(errors.read);
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) return error_from(errno, "pidfd_open");
    child.pidfd_ = Fd::adopt(pidfd);
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      generation_(other.generation_),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      pidfd_(std::move(other.pidfd_)) {}

Child& Child::operator=(Child&& other) noexcept {
    if (this == &other) return *this;
    end();
    pid_ = std::exchange(other.pid_, -1);
    generation_ = other.generation_;
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
    pidfd_ = std::move(other.pidfd_);
    return *this;
}

Child::~Child() { end(); }

void Child::end() noexcept {
    if (pid_ < 0 || generation_ != fork_generation()) return;
    kill();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

void Child::terminate() noexcept {
    if (pid_ > 0) ::kill(-pid_, SIGTERM);
}

void Child::kill() noexcept {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

std::optional<ChildEnd> Child::try_wait() noexcept {
    siginfo_t info{};
    if (pid_ < 0) return std::nullopt;
    const int waited = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (waited == 0 && info.si_pid == 0) return std::nullopt;
    end();  // the group before the number is free for others
    if (waited != 0) return ChildEnd{127, 0};
    if (info.si_code == CLD_EXITED) return ChildEnd{info.si_status, 0};
    return ChildEnd{0, info.si_status};
}

}  // namespace mycelium::os
