// Readiness: how a service says that it is ready, as sd_notify(3) does.
#pragma once

#include <string>

#include <mycelium/result.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// Where one run of a service sends it. One thread.
class ReadySocket {
public:
    static Result<ReadySocket> create();
    int fd() const noexcept { return socket_.get(); }
    /// For the service's NOTIFY_SOCKET.
    const std::string& address() const noexcept { return address_; }
    /// Reads some of what has come; the rest keeps fd() readable. True: READY=1 is among it, from
    /// this user or root.
    bool try_ready() noexcept;

private:
    Fd socket_;
    std::string address_;
};

/// Sends READY=1 to the NOTIFY_SOCKET of this process's environment; does nothing without one.
/// Waits for a second at most. Errors: unavailable (nobody is there).
Result<void> say_ready();

}  // namespace mycelium::os
