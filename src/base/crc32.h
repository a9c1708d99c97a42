// CRC-32 (IEEE 802.3), as zlib, PNG and Ethernet have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mycelium::base {

/// That of bytes of which `crc` is that of those before; 0 before the first. By carry-less
/// multiplication where the processor has it, else libdeflate's. Any size, any alignment, any
/// thread.
std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) noexcept;

/// That of `head` and then `rest`, as if they lay behind each other.
std::uint32_t crc32(std::span<const std::byte, 28> head, std::span<const std::byte> rest) noexcept;

}  // namespace mycelium::base
