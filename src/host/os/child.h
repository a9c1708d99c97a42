// Child: a shell command that runs beside us, with pipes at its three standard streams.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <mycelium/result.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// How a child ended.
struct ChildEnd {
    int status = 0;  ///< of exit(); meaningless if `signal` is not 0
    int signal = 0;  ///< the signal that killed it; 0: it exited
    bool is_success() const noexcept { return status == 0 && signal == 0; }
    /// "exited with status 3", "was killed by signal 9 (Killed)".
    std::string to_string() const;
};

/// One running command and all it has started: they form a process group that ends with this
/// object, by SIGKILL. The command itself also dies when the thread that started it does. One
/// thread at a time. Moves only.
class Child {
public:
    /// Runs `/bin/sh -c command` with our environment and `environment` ("NAME=value") on top.
    /// overloaded: no more processes, descriptors or memory.
    static Result<Child> start(const std::string& command,
                               std::span<const std::string> environment = {});
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    ~Child();

    /// Our ends of its pipes, non-blocking; -1 once closed.
    int input() const noexcept { return input_.get(); }
    int output() const noexcept { return output_.get(); }
    int errors() const noexcept { return errors_.get(); }
    void close_input() noexcept { input_.reset(); }
    void close_output() noexcept { output_.reset(); }
    void close_errors() noexcept { errors_.reset(); }
    /// Readable when the command has ended.
    int exited() const noexcept { return pidfd_.get(); }

    /// Asks the group to end (SIGTERM), or ends it (SIGKILL).
    void terminate() noexcept;
    void kill() noexcept;
    /// None: it still runs. Otherwise what is left of its group is killed first.
    std::optional<ChildEnd> try_wait() noexcept;

private:
    Child() = default;
    void end() noexcept;
    pid_t pid_ = -1;  // not yet waited for; so its number, and its group's, cannot be another's
    std::uint32_t generation_ = 0;
    Fd input_, output_, errors_, pidfd_;
};

}  // namespace mycelium::os
