// FastMessage: the map in which control messages travel, as MessagePack or as JSON. Format:
// docs/formats/control.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/bytes.h>
#include <mycelium/result.h>

namespace mycelium::wire {

/// What an error answer says. Format: docs/formats/control.md, "Errors".
struct ErrorInfo {
    std::int64_t code = 0;
    std::string message;
    std::string data;  ///< encoded MessagePack; empty: absent
};

/// {version: 1, type: "request"|"response"|"notification", id, method, params, result, error:
/// {code, message, data}}
struct FastMessage {
    enum class Type : std::uint8_t { request, response, notification };
    using ErrorInfo = wire::ErrorInfo;
    Type type = Type::request;
    bool is_json = false;  ///< it came, or is to be written, as JSON
    std::optional<std::uint64_t> id;
    std::string method;
    /// The content of a `bin` value (JSON: a base64 string); or, if params_inline, the encoded
    /// MessagePack (JSON: the text) of a value of any other type. Points into the message that was
    /// decoded.
    std::optional<std::span<const std::byte>> params;
    bool params_inline = false;
    std::optional<std::span<const std::byte>> result;
    bool result_inline = false;
    std::optional<ErrorInfo> error;
    /// Owns what a JSON message's params and result were decoded to; a copy's views point into the
    /// original's.
    std::vector<std::byte> decoded;
};

/// MessagePack or JSON as `message.is_json` says; keys in the order above, absent ones left out.
/// Texts are made valid UTF-8 and cut to their limits; error data that is not one value is left
/// out. A response that JSON cannot hold (over json_bytes_max) becomes an error answer; another
/// message then becomes no bytes at all.
std::vector<std::byte> encode_fast_message(const FastMessage& message);
/// JSON if the first byte is '{'. Unknown keys are skipped. `malformed` says what and at which
/// byte.
Result<FastMessage> decode_fast_message(std::span<const std::byte> payload);

}  // namespace mycelium::wire
