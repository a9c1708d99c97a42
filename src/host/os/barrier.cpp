#include "host/os/barrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "host/os/fd.h"

namespace mycelium::os {
namespace {

// What this process was told when it registered: its fork generation, times four, and one of these.
// 0: it has not tried. A registration is the kernel's, once per address space, so there is one.
constexpr std::uint64_t is_registered = 1;
constexpr std::uint64_t is_refused = 2;
constexpr std::uint64_t generation_step = 4;
constinit std::atomic<std::uint64_t> registration{0};

bool membarrier(int command) noexcept {
    const int saved_errno = errno;
    const bool is_done = ::syscall(SYS_membarrier, command, 0, 0) == 0;
    errno = saved_errno;
    return is_done;
}

}  // namespace

bool reachable_by_barriers(Kernel kernel) noexcept {
    if (!kernel.has_membarrier) return false;
    const std::uint64_t here = fork_generation() * generation_step;
    const std::uint64_t known = registration.load(std::memory_order_relaxed);
    if (known == (here | is_registered)) return true;
    if (known == (here | is_refused)) return false;
    // Two threads may both register: that is as good as once.
    const bool is_done = membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) &&
                         membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    registration.store(here | (is_done ? is_registered : is_refused), std::memory_order_relaxed);
    return is_done;
}

bool barrier_everywhere(Kernel kernel) noexcept {
    return kernel.has_membarrier && membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

bool barrier_within(Kernel kernel) noexcept {
    return kernel.has_membarrier && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace mycelium::os
