// Header bytes in and out. Format: docs/formats/wire.md, "Header".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/header.h>
#include <mycelium/result.h>

#include "base/endian.h"

namespace mycelium::wire {

// Where each field begins.
inline constexpr std::size_t magic_at = 0;
inline constexpr std::size_t domain_at = 4;
inline constexpr std::size_t version_at = 5;
inline constexpr std::size_t source_at = 6;
inline constexpr std::size_t flags_at = 7;
inline constexpr std::size_t sequence_at = 8;
inline constexpr std::size_t timestamp_at = 16;
inline constexpr std::size_t payload_size_at = 24;
inline constexpr std::size_t checksum_at = 28;

/// Writes the 32 bytes, little-endian.
inline void encode_header(const Header& header, std::span<std::byte, header_bytes> out) noexcept {
    base::store_little<std::uint32_t>(&out[magic_at], header_magic);
    base::store_little(&out[domain_at], header.relay_domain);
    base::store_little(&out[version_at], header.version);
    base::store_little(&out[source_at], header.source);
    base::store_little(&out[flags_at], header.flags);
    base::store_little(&out[sequence_at], header.sequence);
    base::store_little(&out[timestamp_at], header.timestamp);
    base::store_little(&out[payload_size_at], header.payload_size);
    base::store_little(&out[checksum_at], header.checksum);
}

/// The flags that any stream may carry.
inline constexpr std::uint8_t stream_flags = flag_extended | flag_control | flag_unchecked;

/// Reads them. `malformed`: wrong magic or version, or flags other than `known` (compressed among
/// them). Does not judge domain, source, sequence, timestamp, size and checksum.
Result<Header> decode_header(std::span<const std::byte, header_bytes> in,
                             std::uint8_t known = stream_flags);

/// The same without judging anything but magic: for tools. False: wrong magic.
inline bool decode_header_raw(std::span<const std::byte, header_bytes> in, Header& out) noexcept {
    out.relay_domain = base::load_little<std::uint8_t>(&in[domain_at]);
    out.version = base::load_little<std::uint8_t>(&in[version_at]);
    out.source = base::load_little<std::uint8_t>(&in[source_at]);
    out.flags = base::load_little<std::uint8_t>(&in[flags_at]);
    out.sequence = base::load_little<std::uint64_t>(&in[sequence_at]);
    out.timestamp = base::load_little<std::uint64_t>(&in[timestamp_at]);
    out.payload_size = base::load_little<std::uint32_t>(&in[payload_size_at]);
    out.checksum = base::load_little<std::uint32_t>(&in[checksum_at]);
    return base::load_little<std::uint32_t>(&in[magic_at]) == header_magic;
}

/// A header as the four words that a little-endian machine loads and stores: where it goes to
/// memory of others, or comes from there, by way of registers.
using HeaderWords = std::array<std::uint64_t, header_bytes / 8>;

inline HeaderWords header_words(const Header& header) noexcept {
    return {header_magic | std::uint64_t{header.relay_domain} << 32 |
                std::uint64_t{header.version} << 40 | std::uint64_t{header.source} << 48 |
                std::uint64_t{header.flags} << 56,
            header.sequence, header.timestamp,
            header.payload_size | std::uint64_t{header.checksum} << 32};
}

inline void store_header_words(const HeaderWords& words, std::byte* out) noexcept {
    for (std::size_t i = 0; i < words.size(); ++i) base::store_little(out + 8 * i, words[i]);
}

/// As decode_header_raw(), but does not look at magic.
inline void decode_header_words(const HeaderWords& in, Header& out) noexcept {
    static_assert(offsetof(Header, relay_domain) == 0 && offsetof(Header, version) == 1 &&
                  offsetof(Header, source) == 2 && offsetof(Header, flags) == 3);
    // Four members at once.
    base::store_little(reinterpret_cast<std::byte*>(&out), static_cast<std::uint32_t>(in[0] >> 32));
    out.sequence = in[1];
    out.timestamp = in[2];
    out.payload_size = static_cast<std::uint32_t>(in[3]);
    out.checksum = static_cast<std::uint32_t>(in[3] >> 32);
}

inline bool has_magic(const HeaderWords& in) noexcept {
    return static_cast<std::uint32_t>(in[0]) == header_magic;
}
/// Of this version, with no flags but `unchecked`?
inline bool is_plain(const HeaderWords& in) noexcept {
    constexpr std::uint64_t version = std::uint64_t{0xff} << 40;
    constexpr std::uint64_t flags = std::uint64_t{0xff & ~flag_unchecked} << 56;
    return (in[0] & (0xffff'ffff | version | flags)) == (header_magic | std::uint64_t{1} << 40);
}

/// CRC-32 (IEEE) of a message: the encoded header's bytes 0–27 and the payload, which may be in two
/// parts.
std::uint32_t checksum_of(std::span<const std::byte, header_bytes> header,
                          std::span<const std::byte> first,
                          std::span<const std::byte> second = {}) noexcept;
/// store_header_words() with the checksum of the message, for which the words have none.
inline void store_checked_head(const HeaderWords& words, std::byte* out,
                               std::span<const std::byte> payload) noexcept {
    store_header_words(words, out);
    const std::span<const std::byte, header_bytes> head{out, header_bytes};
    base::store_little(out + checksum_at, checksum_of(head, payload));
}
/// Is the checksum in `words`, which are those of `header`, that of the message, or 0 if it has
/// none?
inline bool has_right_checksum(const HeaderWords& words,
                               std::span<const std::byte, header_bytes> header,
                               std::span<const std::byte> payload) noexcept {
    const bool is_unchecked = (words[0] & std::uint64_t{flag_unchecked} << 56) != 0;
    return words[3] >> 32 == (is_unchecked ? 0 : checksum_of(header, payload));
}
/// The same with more of the payload behind what `checksum` covers.
std::uint32_t checksum_with(std::uint32_t checksum, std::span<const std::byte> more) noexcept;

}  // namespace mycelium::wire
