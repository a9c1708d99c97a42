#include "host/os/clock.h"

#include <algorithm>

namespace mycelium::os {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::int64_t read(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * second_ns + time.tv_nsec;
}

timespec spec(Duration duration) noexcept {
    const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
    return {.tv_sec = ns / second_ns, .tv_nsec = ns % second_ns};
}

}  // namespace

Instant now() noexcept { return Instant{Duration{read(CLOCK_MONOTONIC)}}; }

std::uint64_t unix_time_ns() noexcept { return static_cast<std::uint64_t>(read(CLOCK_REALTIME)); }

timespec remaining(Instant deadline) noexcept {
    const Instant start = now();
    return deadline <= start ? timespec{} : spec(deadline - start);
}

timespec absolute(Instant deadline) noexcept { return spec(deadline.time_since_epoch()); }

}  // namespace mycelium::os
