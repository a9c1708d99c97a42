// The one file that copies message bytes. The test build counts what passes through it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mycelium::base {

#ifdef MYCELIUM_COUNT_COPIES
inline std::atomic<std::uint64_t> copied_bytes{0};
#endif

inline void copy(std::byte* to, const std::byte* from, std::size_t size) noexcept {
#ifdef MYCELIUM_COUNT_COPIES
    copied_bytes.fetch_add(size, std::memory_order_relaxed);
#endif
    if (size != 0) std::memcpy(to, from, size);
}

}  // namespace mycelium::base
