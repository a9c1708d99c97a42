// The extension block of calls. Format: docs/formats/wire.md, "Extension".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

namespace mycelium::wire {

/// Bytes that encode_extension will write: at most extension_bytes_max.
std::size_t extension_size(const CallInfo& call) noexcept;
/// Writes u16 size (of the whole block), then entries of u8 type, u8 length, value. Returns the
/// size.
std::size_t encode_extension(const CallInfo& call, std::span<std::byte> out) noexcept;
/// Reads the block at the start of an extended payload; unknown entry types are skipped. `size`
/// becomes the block's size. `call.method` points into `payload`.
Result<CallInfo> decode_extension(std::span<const std::byte> payload, std::size_t& size);

}  // namespace mycelium::wire
