// Clocks. The only file besides time.h that reads one.
#pragma once

#include <cstdint>

#include <mycelium/time.h>

namespace mycelium::os {

Instant now() noexcept;                          ///< CLOCK_MONOTONIC
std::uint64_t unix_time_ns() noexcept;           ///< CLOCK_REALTIME, nanoseconds since 1970

}  // namespace mycelium::os
