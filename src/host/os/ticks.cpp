#include "host/os/ticks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace mycelium::os {

bool has_steady_ticks() noexcept {
#if defined(__x86_64__)
    // Intel SDM, volume 3, "Invariant TSC"; a machine that may be moved to another one hides it.
    constexpr unsigned leaf = 0x80000007;
    constexpr unsigned invariant = 1u << 8;
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(leaf, &a, &b, &c, &d) != 0 && (d & invariant) != 0;
#else
    return false;
#endif
}

}  // namespace mycelium::os
