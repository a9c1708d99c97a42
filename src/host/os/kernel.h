// Which of the kernel's newer abilities to use. A test takes one away to force its fall-back.
#pragma once

namespace mycelium::os {

struct Kernel {
    bool has_epoll_pwait2 =
        true;  ///< Linux 5.11; else ppoll on the epoll set, one more system call per wait
    bool has_peer_pidfd = true;  ///< SO_PEERPIDFD, Linux 6.5; else pidfd_open of SO_PEERCRED's pid
};

}  // namespace mycelium::os
