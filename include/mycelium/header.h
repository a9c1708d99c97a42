// The 32 bytes before every message, on every medium. Layout: docs/formats/wire.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mycelium {

/// Bits of Header::flags. A plain Torq Protocol V2 message has none.
enum Flag : std::uint8_t {
    flag_compressed = 0x01,  ///< reserved: refused by this version
    flag_extended = 0x02,    ///< the payload begins with an extension block
    flag_control =
        0x04,  ///< the payload is a FastMessage: MessagePack, or JSON if it begins with '{'
    flag_unchecked = 0x08,  ///< checksum is 0 and not looked at
    flag_referenced =
        0x10,  ///< within one machine: the payload says where in shared memory it lies
};

/// The header as values in host order. `magic` is implied.
struct Header {
    std::uint8_t relay_domain = 0;  ///< 1 market data, 2 signal, 3 execution; 0 none
    std::uint8_t version = 1;
    std::uint8_t source = 0;         ///< kind of the sending service
    std::uint8_t flags = 0;          ///< Flag bits
    std::uint64_t sequence = 0;      ///< per publisher and epoch, from 1
    std::uint64_t timestamp = 0;     ///< nanoseconds since the Unix epoch
    std::uint32_t payload_size = 0;  ///< bytes after the header
    std::uint32_t checksum = 0;      ///< CRC-32 (IEEE) of the message without these four bytes

    friend bool operator==(const Header&, const Header&) = default;
};

inline constexpr std::size_t header_bytes = 32;
inline constexpr std::uint32_t header_magic = 0xDEADBEEF;

}  // namespace mycelium
