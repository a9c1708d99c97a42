// Time: durations in nanoseconds, instants of the monotonic clock.
#pragma once

#include <chrono>

namespace mycelium {

using Duration = std::chrono::nanoseconds;
/// Of CLOCK_MONOTONIC; comparable only within this machine's uptime.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

inline constexpr Instant never = Instant::max();

/// `timeout` from now; `never` where that would overflow.
inline Instant after(Duration timeout) noexcept {
    const Instant now = std::chrono::steady_clock::now();
    return timeout > never - now ? never : now + timeout;
}

}  // namespace mycelium
