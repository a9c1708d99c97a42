// mycelium tlv: one message between its bytes and JSON.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

namespace mycelium::cli {

struct TlvOptions {
    enum class Direction : std::uint8_t { encode, decode } direction = Direction::decode;
    bool is_forced = false;  ///< decode: show a message although its checksum is wrong
};

/// From standard input to standard output; returns the exit status.
int run_tlv(const TlvOptions& options);

/// Exactly one message's bytes from JSON {"relay_domain", "version", "source", "flags", "sequence",
/// "timestamp", "tlvs": [{"type", "hex"}]}. What decode_message() adds is allowed and not looked
/// at. `malformed` says where.
Result<std::vector<std::byte>> encode_message(std::string_view json);
/// Exactly one message as a line of JSON, without the newline. `malformed` names the byte and the
/// reason.
Result<std::string> decode_message(std::span<const std::byte> message, bool is_forced);

}  // namespace mycelium::cli
