// Calls of plain programs: what stands in a FastMessage's params and result, and the bytes that a
// port's type has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <mycelium/result.h>

#include "core/wire/fast_message.h"
#include "core/wire/hello.h"

namespace mycelium::wire {

/// The question's bytes: the content of a bin; or, given inline, the encoded value as it stands
/// (JSON: converted by the type's description, where it has one). No params: no bytes.
Result<std::vector<std::byte>> decode_plain_params(const FastMessage& call, const TypeInfo& type);

/// A response to `id`: MessagePack with the answer as bin; or JSON with the answer as an object,
/// where the type has a description, and as base64 where it has none.
std::vector<std::byte> encode_plain_answer(std::uint64_t id, std::span<const std::byte> answer,
                                           const TypeInfo& type, bool is_json);

}  // namespace mycelium::wire
