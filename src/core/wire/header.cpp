#include "core/wire/header.h"

#include <libdeflate.h>

#include <string>

#include "base/endian.h"

namespace mycelium::wire {
namespace {

using base::load_little;
using base::store_little;

// Where each field begins.
constexpr std::size_t magic_at = 0;
constexpr std::size_t domain_at = 4;
constexpr std::size_t version_at = 5;
constexpr std::size_t source_at = 6;
constexpr std::size_t flags_at = 7;
constexpr std::size_t sequence_at = 8;
constexpr std::size_t timestamp_at = 16;
constexpr std::size_t payload_size_at = 24;
constexpr std::size_t checksum_at = 28;

constexpr std::uint8_t known_version = 1;

std::string hex_of(std::uint64_t value, int digits) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) text += digit[(value >> shift) & 15];
    return text;
}

Error refusal_of(std::span<const std::byte, header_bytes> in, const Header& header) {
    const auto magic = load_little<std::uint32_t>(&in[magic_at]);
    if (magic != header_magic)
        return {Errc::malformed, "magic at byte 0 is " + hex_of(magic, 8) +
                                     ", not 0xdeadbeef: this is not a message of ours"};
    if (header.version != known_version)
        return {Errc::malformed, "version at byte 5 is " + std::to_string(header.version) +
                                     ", this library reads version 1"};
    if ((header.flags & flag_compressed) != 0)
        return {Errc::malformed,
                "flags at byte 7 say compressed, which this version does not read"};
    return {Errc::malformed,
            "flags at byte 7 are " + hex_of(header.flags, 2) + ", of which some are not known"};
}

}  // namespace

void encode_header(const Header& header, std::span<std::byte, header_bytes> out) noexcept {
    store_little<std::uint32_t>(&out[magic_at], header_magic);
    store_little(&out[domain_at], header.relay_domain);
    store_little(&out[version_at], header.version);
    store_little(&out[source_at], header.source);
    store_little(&out[flags_at], header.flags);
    store_little(&out[sequence_at], header.sequence);
    store_little(&out[timestamp_at], header.timestamp);
    store_little(&out[payload_size_at], header.payload_size);
    store_little(&out[checksum_at], header.checksum);
}

bool decode_header_raw(std::span<const std::byte, header_bytes> in, Header& out) noexcept {
    out.relay_domain = load_little<std::uint8_t>(&in[domain_at]);
    out.version = load_little<std::uint8_t>(&in[version_at]);
    out.source = load_little<std::uint8_t>(&in[source_at]);
    out.flags = load_little<std::uint8_t>(&in[flags_at]);
    out.sequence = load_little<std::uint64_t>(&in[sequence_at]);
    out.timestamp = load_little<std::uint64_t>(&in[timestamp_at]);
    out.payload_size = load_little<std::uint32_t>(&in[payload_size_at]);
    out.checksum = load_little<std::uint32_t>(&in[checksum_at]);
    return load_little<std::uint32_t>(&in[magic_at]) == header_magic;
}

Result<Header> decode_header(std::span<const std::byte, header_bytes> in, std::uint8_t known) {
    Header header;
    const bool is_ours = decode_header_raw(in, header);
    if (!is_ours || header.version != known_version || (header.flags & ~known) != 0)
        return refusal_of(in, header);
    return header;
}

std::uint32_t checksum_with(std::uint32_t checksum, std::span<const std::byte> more) noexcept {
    // libdeflate answers 0, not `checksum`, to a null buffer.
    return more.empty() ? checksum : libdeflate_crc32(checksum, more.data(), more.size());
}

std::uint32_t checksum_of(std::span<const std::byte, header_bytes> header,
                          std::span<const std::byte> first,
                          std::span<const std::byte> second) noexcept {
    std::uint32_t crc = checksum_with(0, header.first<checksum_at>());
    crc = checksum_with(crc, first);
    return checksum_with(crc, second);
}

}  // namespace mycelium::wire
