// Clocks. The only file besides time.h that reads one.
#pragma once

#include <cstdint>
#include <ctime>

#include <mycelium/time.h>

namespace mycelium::os {

Instant now() noexcept;                 ///< CLOCK_MONOTONIC
std::uint64_t unix_time_ns() noexcept;  ///< CLOCK_REALTIME, nanoseconds since 1970

/// What is left until `deadline`, for system calls; zero when it has passed.
timespec remaining(Instant deadline) noexcept;
/// `deadline` as an absolute time of CLOCK_MONOTONIC; zero when it lies before the clock's start.
timespec absolute(Instant deadline) noexcept;

}  // namespace mycelium::os
