// Daemon: a server that a rival needs, for as long as one measurement lasts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>
#include <time.h>

namespace mycelium::bench {

/// Owns the process. It is asked to end with SIGTERM, so that it cleans up what it made, also when
/// this process dies; after two seconds it is killed.
class Daemon {
public:
    /// Runs the program (a path) with these arguments, the first of which is its own name; returns
    /// when `is_ready()` says so. Throws std::runtime_error with the end of what it wrote if it
    /// ends before, or is not ready after ten seconds.
    Daemon(const std::string& program, const std::vector<std::string>& arguments,
           const std::function<bool(const Daemon&)>& is_ready);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// User and system time of all its threads since it was started; from any process.
    std::uint64_t cpu_ns() const noexcept;
    /// Everything that it has written so far.
    std::string output() const;

private:
    bool has_ended();
    void end() noexcept;

    int output_ = -1;
    pid_t pid_ = -1;
    clockid_t clock_{};
};

/// A port of 127.0.0.1 that nobody uses. Throws std::system_error.
std::uint16_t free_tcp_port();
/// Whether somebody listens there.
bool answers_at_port(std::uint16_t port) noexcept;
bool answers_at_path(const std::string& path) noexcept;

/// Where a program is: the first of these paths or names (looked for in PATH and the system's
/// folders for daemons) that can be run; empty: none.
std::string program_of(const std::vector<std::string>& candidates);

/// The first word of what `program --version` prints that begins with a digit, or with `v` or `v=`
/// and one; "of unknown version" if there is none.
std::string version_of(const std::string& program);

}  // namespace mycelium::bench
