#include "core/wire/header.h"

#include <string>

#include "base/crc32.h"
#include "base/endian.h"

namespace mycelium::wire {
namespace {

constexpr std::uint8_t known_version = 1;

std::string hex_of(std::uint64_t value, int digits) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) text += digit[(value >> shift) & 15];
    return text;
}

Error refusal_of(std::span<const std::byte, header_bytes> in, const Header& header) {
    const auto magic = base::load_little<std::uint32_t>(&in[magic_at]);
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

Result<Header> decode_header(std::span<const std::byte, header_bytes> in, std::uint8_t known) {
    Header header;
    const bool is_ours = decode_header_raw(in, header);
    if (!is_ours || header.version != known_version || (header.flags & ~known) != 0)
        return refusal_of(in, header);
    return header;
}

std::uint32_t checksum_with(std::uint32_t checksum, std::span<const std::byte> more) noexcept {
    return base::crc32(checksum, more);
}

std::uint32_t checksum_of(std::span<const std::byte, header_bytes> header,
                          std::span<const std::byte> first,
                          std::span<const std::byte> second) noexcept {
    return base::crc32(base::crc32(header.first<checksum_at>(), first), second);
}

}  // namespace mycelium::wire
