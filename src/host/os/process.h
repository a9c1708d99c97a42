// Other processes, named for people.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>

namespace mycelium::os {

/// "pid 1234 (name)"; "this process"; without the name when the process has ended.
std::string describe_process(pid_t pid);

/// When a process started, in clock ticks since the machine did: with its pid that is a name that
/// is not used again. 0: not known.
std::uint64_t process_start_ticks(pid_t pid) noexcept;
std::uint64_t process_start_ticks() noexcept;  ///< of this process
/// Does the process that started then still run? One that has ended and is not yet waited for does
/// not.
bool is_running(pid_t pid, std::uint64_t start_ticks) noexcept;
/// Is it the kernel's own, without descriptors?
bool is_kernel_thread(pid_t pid) noexcept;

/// Who listens on a TCP port, found through /proc; none: nobody, or another user's process. Costs a
/// look at every descriptor on the machine: for error messages only.
std::optional<pid_t> listener_on_tcp_port(std::uint16_t port);

}  // namespace mycelium::os
