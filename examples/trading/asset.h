// Asset: a product such as "BTC-USD" as a number that can be turned back into its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <mycelium/result.h>

namespace trading {

inline constexpr std::size_t asset_name_bytes_max = 12;

/// The name's characters (A-Z, 0-9 and -) as digits of a number to base 38: twelve of them fill 64
/// bits.
mycelium::Result<std::uint64_t> asset_id_of(std::string_view name);

/// The inverse; "?" for a number that is no asset's.
std::string asset_name_of(std::uint64_t id);

}  // namespace trading
