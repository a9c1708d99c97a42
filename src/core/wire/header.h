// Header bytes in and out. Format: docs/formats/wire.md, "Header".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/header.h>
#include <mycelium/result.h>

namespace mycelium::wire {

/// Writes the 32 bytes, little-endian.
void encode_header(const Header& header, std::span<std::byte, header_bytes> out) noexcept;

/// The flags that any stream may carry.
inline constexpr std::uint8_t stream_flags = flag_extended | flag_control | flag_unchecked;

/// Reads them. `malformed`: wrong magic or version, or flags other than `known` (compressed among
/// them). Does not judge domain, source, sequence, timestamp, size and checksum.
Result<Header> decode_header(std::span<const std::byte, header_bytes> in,
                             std::uint8_t known = stream_flags);

/// The same without judging anything but magic: for tools. False: wrong magic.
bool decode_header_raw(std::span<const std::byte, header_bytes> in, Header& out) noexcept;

/// CRC-32 (IEEE) of a message: the encoded header's bytes 0–27 and the payload, which may be in two
/// parts.
std::uint32_t checksum_of(std::span<const std::byte, header_bytes> header,
                          std::span<const std::byte> first,
                          std::span<const std::byte> second = {}) noexcept;
/// The same with more of the payload behind what `checksum` covers.
std::uint32_t checksum_with(std::uint32_t checksum, std::span<const std::byte> more) noexcept;

}  // namespace mycelium::wire
