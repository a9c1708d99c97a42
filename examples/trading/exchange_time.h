// Exchange time: when the venue says that something happened, in nanoseconds since the Unix epoch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mycelium/result.h>

namespace trading {

inline constexpr std::uint64_t microsecond_ns = 1'000;
inline constexpr std::uint64_t millisecond_ns = 1'000'000;
inline constexpr std::uint64_t second_ns = 1'000'000'000;

/// "2025-08-22T20:11:30.012637Z": UTC, up to nine decimals of the second, the years 1970 to 2261.
mycelium::Result<std::uint64_t> parse_exchange_time(std::string_view text);

/// With six decimals, as Coinbase writes it.
std::string format_exchange_time(std::uint64_t time_ns);

}  // namespace trading
