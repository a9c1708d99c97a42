// What tests of this room need of the machine.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mycelium/time.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// Longer than any scheduling hiccup: only what is lost reaches it.
inline Instant patience() { return after(std::chrono::seconds{60}); }

/// How `child` ended: its exit status, or minus the signal that killed it.
inline int end_of(pid_t child) {
    int status = -1;
    if (::waitpid(child, &status, 0) != child) return -1000;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Runs `body` in a forked child whose exit status is what it returns.
template <class Body>
pid_t start_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    return child;
}
template <class Body>
int in_child(Body body) {
    return end_of(start_child(body));
}

/// Another number for the file, as a peer gets one.
inline Fd copy_of(int fd) { return Fd::adopt(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

/// A number for the file that a forked child inherits; closed at the end of its scope.
class Inherited {
public:
    explicit Inherited(int fd) : number_(::fcntl(fd, F_DUPFD_CLOEXEC, 0)) {}
    ~Inherited() { ::close(number_); }
    Inherited(const Inherited&) = delete;
    Inherited& operator=(const Inherited&) = delete;
    int number() const { return number_; }
    /// In the child, which owns its own number.
    Fd take() const { return Fd::adopt(number_); }

private:
    int number_;
};

/// Lowers one soft limit of this process and puts it back.
class LoweredLimit {
public:
    LoweredLimit(__rlimit_resource resource, rlim_t limit) : resource_(resource) {
        ::getrlimit(resource_, &before_);
        rlimit lowered = before_;
        lowered.rlim_cur = limit;
        ::setrlimit(resource_, &lowered);
    }
    ~LoweredLimit() { ::setrlimit(resource_, &before_); }
    LoweredLimit(const LoweredLimit&) = delete;
    LoweredLimit& operator=(const LoweredLimit&) = delete;

private:
    __rlimit_resource resource_;
    rlimit before_{};
};

/// Descriptors below `end` that are open.
inline int open_descriptors(int end = 1024) {
    int count = 0;
    for (int fd = 0; fd < end; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
}

}  // namespace mycelium::os
