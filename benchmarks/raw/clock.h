// The two clocks that a measurement reads.
#pragma once

#include <ctime>

#include <cstdint>

namespace mycelium::bench {

inline std::uint64_t read_clock_ns(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(time.tv_nsec);
}

inline std::uint64_t now_ns() noexcept { return read_clock_ns(CLOCK_MONOTONIC); }

/// User and system time of this process, all its threads.
inline std::uint64_t cpu_ns() noexcept { return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

/// For a loop that waits for another core.
inline void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace mycelium::bench
