// Counting system calls: by the kernel's tracepoint, of all threads that this process has.
#pragma once

#include <cstdint>
#include <vector>

namespace mycelium::bench {

/// May this user count them, and does this kernel let him? Root, where tracefs is mounted.
bool syscalls_can_be_counted() noexcept;

/// While one lives, what this thread measures counts system calls, in the processes that it forks
/// too. It makes them slower: times measured meanwhile are worth nothing.
class CountingSyscalls {
public:
    CountingSyscalls() noexcept;
    ~CountingSyscalls();
    CountingSyscalls(const CountingSyscalls&) = delete;
    CountingSyscalls& operator=(const CountingSyscalls&) = delete;
};

/// Counts from its construction on, of the threads that there are by then; 0 unless that is asked
/// for (CountingSyscalls). Throws std::system_error if the kernel does not let it.
class SyscallCount {
public:
    SyscallCount();
    ~SyscallCount();
    SyscallCount(const SyscallCount&) = delete;
    SyscallCount& operator=(const SyscallCount&) = delete;
    std::uint64_t so_far() const noexcept;

private:
    std::vector<int> events_;
};

}  // namespace mycelium::bench
