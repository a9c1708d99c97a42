// epoll_wait with a deadline in nanoseconds.
#pragma once

#include <sys/epoll.h>
#include <span>

#include <mycelium/time.h>

#include "host/os/kernel.h"

namespace mycelium::os {

/// How many events were fetched; 0: the deadline passed; below 0: -errno. EINTR is retried. Clears
/// `kernel.has_epoll_pwait2` when the kernel has none.
int wait_epoll(int epoll, std::span<epoll_event> events, Instant deadline, Kernel& kernel) noexcept;

}  // namespace mycelium::os
