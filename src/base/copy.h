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

/// The same for what is usually small: without a call.
inline void copy_small(std::byte* to, const std::byte* from, std::size_t size) noexcept {
    constexpr std::size_t step = 16;
    if (size < step || size > 16 * step) return copy(to, from, size);
#ifdef MYCELIUM_COUNT_COPIES
    copied_bytes.fetch_add(size, std::memory_order_relaxed);
#endif
    for (std::size_t at = 0; at < size - step; at += step) std::memcpy(to + at, from + at, step);
    std::memcpy(to + size - step, from + size - step, step);  // some of it again
}

}  // namespace mycelium::base
