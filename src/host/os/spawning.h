// What everybody needs who starts a program: pipes, variables, signals. Of host/os alone.
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/os/fd.h"

namespace mycelium::os::spawning {

/// Both ends of a pipe as plain numbers: an Fd would be closed in the child before it could be
/// handed on.
struct Pipe {
    int read = -1;
    int write = -1;

    bool open() noexcept {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return false;
        read = ends[0];
        write = ends[1];
        return true;
    }
    static void close(int& end) noexcept {
        if (end >= 0) ::close(end);
        end = -1;
    }
    static Fd keep(int& end) noexcept {
        ::fcntl(end, F_SETFL, O_NONBLOCK);
        return Fd::adopt(std::exchange(end, -1));
    }
    Pipe() noexcept = default;
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close(read);
        close(write);
    }
};

/// Our environment with `additions` in the place of variables of the same name, and without those
/// whose names are `removed`. Ends with a null; valid as long as the arguments.
inline std::vector<char*> environment_with(std::span<const std::string> additions,
                                           std::span<const std::string> removed = {}) {
    std::vector<char*> all;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view name{*entry, ::strcspn(*entry, "=")};
        bool is_left_out = false;
        for (const std::string& addition : additions)
            if (addition.starts_with(name) && addition[name.size()] == '=') is_left_out = true;
        for (const std::string& variable : removed)
            if (variable == name) is_left_out = true;
        if (!is_left_out) all.push_back(*entry);
    }
    for (const std::string& addition : additions)
        all.push_back(const_cast<char*>(addition.c_str()));
    all.push_back(nullptr);
    return all;
}

/// 0, 1 and 2 become the given descriptors, which may themselves be among these numbers.
/// Async-signal-safe.
inline bool install(int input, int output, int errors) noexcept {
    int sources[3] = {input, output, errors};
    for (int& source : sources)
        if (source <= 2 && (source = ::fcntl(source, F_DUPFD, 3)) < 0) return false;
    for (int target = 0; target < 3; ++target)
        if (::dup2(sources[target], target) < 0) return false;
    return true;
}

/// As if nobody had ever changed them. Async-signal-safe.
inline void restore_signals() noexcept {
    for (int number = 1; number < _NSIG; ++number)  // some refuse, which stay as they must
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// No signal may be handled by the child's copy of our handlers.
struct SignalsBlocked {
    sigset_t before;
    SignalsBlocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
};

}  // namespace mycelium::os::spawning
