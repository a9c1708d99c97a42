// StopSignal: Ctrl-C, SIGTERM or a hang-up as something to wait for beside the ports.
#pragma once

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

    /// For mycelium::wait, as if it were a port.
    int fd() const noexcept { return fd_; }
    bool is_set() const noexcept;

private:
    int fd_;
};

}  // namespace trading
