// Other processes, named for people.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/result.h>

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

/// The words with which this process was started; empty: not known.
std::vector<std::string> own_command_line();
/// The variables of this process as "NAME=value". Of one thread, before others start.
std::vector<std::string> own_environment();
/// A variable's value, which afterwards is not set any more. Of one thread, before others start.
std::optional<std::string> take_variable(const char* name);
std::optional<std::string> variable(const char* name);
/// May this process have so many descriptors? Raises the limit where that is allowed; what it
/// starts inherits it.
bool make_room_for_descriptors(std::size_t count) noexcept;
/// The working directory; empty: not known.
std::string working_directory();
/// What ps and top call this process; the kernel keeps 15 bytes.
void name_process(const std::string& name) noexcept;
/// This process becomes another program, which is looked for in PATH if it has no '/'. Returns only
/// if that fails.
Error become_program(const std::vector<std::string>& words);
/// Ends the process here and now: nobody waits for its threads, no destructor runs.
[[noreturn]] void exit_at_once(int status) noexcept;

/// Who listens on a TCP port, found through /proc; none: nobody, or another user's process. Costs a
/// look at every descriptor on the machine: for error messages only.
std::optional<pid_t> listener_on_tcp_port(std::uint16_t port);

}  // namespace mycelium::os
