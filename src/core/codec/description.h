// Descriptions: the canonical text of a type's wire form, parsed, compared, and used to turn bytes
// into JSON and back. Grammar: docs/formats/types.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/schema.h>

namespace mycelium::codec {

/// `mismatch` names the first field in which the descriptions differ in a way that matters for
/// their form: FLAT and TLV must be equal; FIELDS may add and drop numbers but not change a
/// number's kind. Equal texts always agree.
Result<void> compatible_descriptions(std::string_view ours, std::string_view theirs);
/// Checks that the text is a well-formed description within its limits.
Result<void> check_description(std::string_view text);
/// 64-bit FNV-1a of the text; never 0.
std::uint64_t fingerprint_of(std::string_view description) noexcept;

/// One message of the described type as one line of JSON: FIELDS and FLAT by member name, bytes as
/// base64, 64-bit integers exact, enums as numbers. An empty description: the bytes as a base64
/// string.
Result<std::string> json_from_bytes(std::string_view description, std::span<const std::byte> bytes);
/// The inverse: the described type's encoding of a JSON object. Unknown names are skipped, missing
/// ones keep the default (FLAT and TLV: zero). NaN and infinity do not exist in JSON; a number out
/// of a member's range is `malformed`.
Result<std::vector<std::byte>> bytes_from_json(std::string_view description, std::string_view json);

}  // namespace mycelium::codec
