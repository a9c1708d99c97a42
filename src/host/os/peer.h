// Peer: who the kernel says is at the other end of a unix socket.
#pragma once

#include <sys/types.h>
#include <optional>

#include "host/os/fd.h"
#include "host/os/kernel.h"

namespace mycelium::os {

struct Peer {
    std::optional<pid_t>
        pid;  ///< as seen from here; none: it lives in a pid namespace that we cannot see
    std::optional<uid_t> uid;
    Fd pidfd;  ///< readable once the process has ended; none: it has ended already, or the kernel
               ///< cannot tell
};
/// Of a connected unix socket: who called connect(), or listen() at the time.
Peer peer_of(int socket, Kernel kernel = this_kernel()) noexcept;
/// Of a connected unix socket: is it this process's user who is there? False: the kernel cannot
/// tell.
bool is_peer_own_user(int socket) noexcept;
/// Of a pidfd: has the process ended? False for -1.
bool has_ended(int pidfd) noexcept;

}  // namespace mycelium::os
