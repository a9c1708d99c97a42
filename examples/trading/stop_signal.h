// StopSignal: Ctrl-C, SIGTERM or a hang-up as something to wait for beside the ports.
#pragma once

#include <mycelium/result.h>

namespace trading {

/// Keeps the three signals from ending the process; to be called in main before any thread starts.
void block_stop_signals() noexcept;

/// Readable from the first of those signals on. Owns its descriptor; one thread.
class StopSignal {
public:
    StopSignal() noexcept;
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    bool is_set() const noexcept;
    /// These two let mycelium::wait take it for a port.
    int fd() const noexcept { return fd_; }
    mycelium::Result<bool> is_ready() const { return is_set(); }

private:
    int fd_;
};

}  // namespace trading
