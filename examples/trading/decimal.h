// Decimal: prices and sizes as integers with 8 decimals, exactly: "116827.85" is 11682785000000.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mycelium/result.h>

namespace trading {

inline constexpr std::int64_t decimal_one = 100'000'000;

/// Digits with at most one point and at most 8 decimals; neither sign nor exponent, never rounded.
mycelium::Result<std::int64_t> parse_decimal(std::string_view text);

/// With two decimals at least, more where they are not zero.
std::string format_decimal(std::int64_t value);

}  // namespace trading
