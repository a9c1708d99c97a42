// A made-up recording in Coinbase's format, for those who have no real one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace trading {

inline constexpr std::size_t generated_trades = 1000;

/// About half a minute of three products whose prices wander. The same seed gives the same text,
/// everywhere.
std::string generated_recording(std::uint64_t seed);

}  // namespace trading
