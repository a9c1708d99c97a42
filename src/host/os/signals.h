// StopSignal: SIGINT, SIGTERM and SIGHUP as a flag to look at and a descriptor to wait for.
#pragma once

#include <chrono>

#include <mycelium/result.h>
#include <mycelium/time.h>

namespace mycelium::os {

/// What comes within this time of the first one is the same wish to stop: timeout(1) and shells
/// signal a process and then its whole group.
inline constexpr Duration same_stop = std::chrono::milliseconds{300};

/// Of a program, not of the library: only a main() asks for it. While it lives, the first SIGINT,
/// SIGTERM or SIGHUP is noted here, and a second one, later than same_stop, ends the process at
/// once, as if nobody had asked. At most one at a time; any thread may look.
class StopSignal {
public:
    /// Errors: invalid (there is one already), overloaded (no descriptor).
    static Result<StopSignal> create();
    StopSignal(StopSignal&& other) noexcept;
    StopSignal& operator=(StopSignal&&) = delete;
    ~StopSignal();

    bool came() const noexcept;
    /// Readable, for good, once it came.
    int fd() const noexcept;

private:
    StopSignal() = default;
    bool is_owner_ = true;
};

/// Writing to a pipe or socket that nobody reads is an error to be looked at, not a reason to die.
void ignore_broken_pipes() noexcept;

}  // namespace mycelium::os
