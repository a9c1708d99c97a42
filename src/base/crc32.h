// CRC-32 (IEEE 802.3), as zlib, PNG and Ethernet have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mycelium::base {

/// That of bytes of which `crc` is that of those before; 0 before the first. What the processor
/// does quicker by carry-less multiplication than libdeflate does is done so: from 1 KiB on, and
/// heads with some 20 to 200 bytes. Any size, any alignment, any thread.
std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) noexcept;

/// That of `head` and then `rest`, as if they lay behind each other.
std::uint32_t crc32(std::span<const std::byte, 28> head, std::span<const std::byte> rest) noexcept;

}  // namespace mycelium::base
