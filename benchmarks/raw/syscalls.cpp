#include "benchmarks/raw/syscalls.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mycelium::bench {
namespace {

thread_local bool is_counting = false;

/// The tracepoint's number; 0: there is none to be read.
std::uint64_t entry_point() {
    for (const char* folder : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
        std::ifstream file(std::string{folder} + "/events/raw_syscalls/sys_enter/id");
        std::uint64_t number = 0;
        if (file >> number) return number;
    }
    return 0;
}

/// Counts that thread's entries into the kernel. -1 and errno: not allowed.
int open_event(pid_t thread) {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = entry_point();
    if (attributes.config == 0) {
        errno = ENOENT;
        return -1;
    }
    return static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

bool syscalls_can_be_counted() noexcept {
    const int event = open_event(0);
    if (event >= 0) ::close(event);
    return event >= 0;
}

CountingSyscalls::CountingSyscalls() noexcept { is_counting = true; }
CountingSyscalls::~CountingSyscalls() { is_counting = false; }

SyscallCount::SyscallCount() {
    if (!is_counting) return;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        const int event = open_event(std::atoi(thread.path().filename().c_str()));
        if (event < 0)
            throw std::system_error(errno, std::generic_category(), "counting system calls");
        events_.push_back(event);
    }
}

SyscallCount::~SyscallCount() {
    for (const int event : events_) ::close(event);
}

std::uint64_t SyscallCount::so_far() const noexcept {
    std::uint64_t sum = 0;
    for (const int event : events_) {
        std::uint64_t count = 0;
        if (::read(event, &count, sizeof count) == sizeof count) sum += count;
    }
    return sum;
}

}  // namespace mycelium::bench
