// The extension block: what a message needs beside header and payload. Format:
// docs/formats/wire.md, "Extension".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

#include "base/endian.h"

namespace mycelium::wire {

/// What a block may hold.
struct Extension {
    CallInfo call;
    Origin origin;
};

/// Does this message need one?
inline bool is_extended(const Message& message) noexcept {
    return message.call.kind != CallKind::none || message.origin.id != 0;
}

/// Bytes that encode_extension will write: at most extension_bytes_max.
std::size_t extension_size(const CallInfo& call, const Origin& origin = {}) noexcept;
/// Writes u16 size (of the whole block), then entries of u8 type, u8 length, value. Returns the
/// size; 0: it does not fit.
std::size_t encode_extension(const CallInfo& call, const Origin& origin,
                             std::span<std::byte> out) noexcept;
inline std::size_t encode_extension(const CallInfo& call, std::span<std::byte> out) noexcept {
    return encode_extension(call, {}, out);
}
/// Reads the block at the start of an extended payload; unknown entry types are skipped. `size`
/// becomes the block's size. `call.method` points into `payload`.
Result<Extension> decode_extension(std::span<const std::byte> payload, std::size_t& size);

/// The block of a message that is no call and has lost nothing: the one that relays write most.
inline constexpr std::size_t plain_origin_bytes = 28;
inline constexpr std::uint32_t plain_origin_head = plain_origin_bytes | 6 << 16 | 24 << 24;
/// Takes it from the front of a payload. False: it has another one.
inline bool take_plain_origin(std::span<const std::byte>& payload, Origin& origin) noexcept {
    if (payload.size() < plain_origin_bytes ||
        base::load_little<std::uint32_t>(payload.data()) != plain_origin_head)
        return false;
    origin.id = base::load_little<std::uint64_t>(payload.data() + 4);
    origin.sequence = base::load_little<std::uint64_t>(payload.data() + 12);
    origin.timestamp = base::load_little<std::uint64_t>(payload.data() + 20);
    origin.lost = 0;
    if (origin.id == 0) return false;
    payload = payload.subspan(plain_origin_bytes);
    return true;
}
void encode_plain_origin(const Origin& origin,
                         std::span<std::byte, plain_origin_bytes> out) noexcept;

}  // namespace mycelium::wire
