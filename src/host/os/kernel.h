// Which of the kernel's newer abilities to use. A test takes one away to force its fall-back.
#pragma once

namespace mycelium::os {

struct Kernel {
    bool has_epoll_pwait2 =
        true;  ///< Linux 5.11; else ppoll on the epoll set, one more system call per wait
    bool has_peer_pidfd = true;   ///< SO_PEERPIDFD, Linux 6.5; else pidfd_open of SO_PEERCRED's pid
    bool has_noexec_seal = true;  ///< MFD_NOEXEC_SEAL, Linux 6.3; else the memory could be executed
    bool has_populate_write = true;  ///< MADV_POPULATE_WRITE, Linux 5.14; else each page is touched
    bool has_membarrier = true;      ///< GLOBAL_EXPEDITED, Linux 4.16; else ringers have a fence
    bool has_proc_children =
        true;  ///< /proc/PID/task/TID/children, a build option; else all of /proc is read
    bool has_futex_waitv = true;  ///< Linux 5.16; else sleepers poll
};

/// What is taken for granted where nobody says otherwise. A test that takes an ability away from a
/// whole process does so before it makes a node.
inline Kernel& this_kernel() noexcept {
    static Kernel kernel;
    return kernel;
}

}  // namespace mycelium::os
