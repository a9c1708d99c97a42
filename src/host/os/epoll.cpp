#include "host/os/epoll.h"

#include <poll.h>
#include <cerrno>

#include "host/os/clock.h"
#include "host/os/system_call.h"

namespace mycelium::os {
namespace {

// An epoll set is itself pollable, and ppoll takes nanoseconds where epoll_wait takes milliseconds.
int wait_by_ppoll(int epoll, std::span<epoll_event> events, const timespec* timeout) noexcept {
    pollfd set{.fd = epoll, .events = POLLIN, .revents = 0};
    const int ready = ::ppoll(&set, 1, timeout, nullptr);
    if (ready <= 0) return ready;
    return ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
}

}  // namespace

int wait_epoll(int epoll, std::span<epoll_event> events, Instant deadline,
               Kernel& kernel) noexcept {
    const bool for_ever = deadline == never;
    for (;;) {
        const timespec left = for_ever ? timespec{} : remaining(deadline);
        const timespec* timeout = for_ever ? nullptr : &left;
        const int count = kernel.has_epoll_pwait2
                              ? system_call::epoll_pwait2(epoll, events.data(),
                                                          static_cast<int>(events.size()), timeout)
                              : wait_by_ppoll(epoll, events, timeout);
        // The set may have lost its event between ppoll and epoll_wait: then wait on.
        if (count > 0 || (count == 0 && !for_ever && now() >= deadline)) return count;
        if (count == 0 || errno == EINTR) continue;
        // Containers' system call filters answer EPERM for calls that they do not know.
        const bool is_missing = errno == ENOSYS || errno == EPERM;
        if (!is_missing || !kernel.has_epoll_pwait2) return -errno;
        kernel.has_epoll_pwait2 = false;
    }
}

}  // namespace mycelium::os
