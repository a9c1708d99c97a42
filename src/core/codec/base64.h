// Base64 (RFC 4648, section 4): bytes as text in JSON.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

namespace mycelium::codec {

/// Appends the padded encoding, four characters per three bytes.
void append_base64(std::string& text, std::span<const std::byte> bytes);
std::string base64_of(std::span<const std::byte> bytes);
/// Strict: padded, no white space, no spare bits. `malformed` names the character's position.
Result<std::vector<std::byte>> bytes_of_base64(std::string_view text);

}  // namespace mycelium::codec
