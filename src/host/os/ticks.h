// The processor's own count of time.
#pragma once

#include <cstdint>

namespace mycelium::os {

/// Do ticks() run at one speed, on all processors alike, whatever these do?
bool has_steady_ticks() noexcept;

/// A reading costs a few nanoseconds. 0 where there is none.
inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

}  // namespace mycelium::os
