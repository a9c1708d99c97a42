// Products of two 64-bit integers before they are divided again.
#pragma once

#include <cstdint>

namespace trading {

__extension__ using Wide = __int128;

inline Wide wide(std::int64_t value) noexcept { return value; }

}  // namespace trading
