#include "core/wire/fast_message.h"

#include <mycelium/limits.h>

#include <string>

#include "core/wire/fast_message_forms.h"

namespace mycelium::wire {

std::string_view name_of(FastMessage::Type type) noexcept {
    switch (type) {
        case FastMessage::Type::request:
            return "request";
        case FastMessage::Type::response:
            return "response";
        case FastMessage::Type::notification:
            return "notification";
    }
    return "unknown";
}

std::optional<FastMessage::Type> fast_message_type_named(std::string_view name) noexcept {
    for (const auto type :
         {FastMessage::Type::request, FastMessage::Type::response, FastMessage::Type::notification})
        if (name == name_of(type)) return type;
    return std::nullopt;
}

Result<void> check_fast_message(const FastMessage& message) {
    using Type = FastMessage::Type;
    if (message.type != Type::notification && !message.id)
        return Error{Errc::malformed, "a " + std::string{name_of(message.type)} +
                                          " without an id cannot be matched"};
    if (message.method.size() > limits::method_bytes_max)
        return Error{Errc::malformed, "method is longer than method_bytes_max"};
    if (message.error && message.error->message.size() > limits::error_text_bytes_max)
        return Error{Errc::malformed, "error.message is longer than error_text_bytes_max"};
    if (message.type != Type::response && (message.result || message.error))
        return Error{Errc::malformed, "only a response has a result or an error"};
    if (message.result && message.error)
        return Error{Errc::malformed, "a response has a result or an error, not both"};
    return {};
}

std::vector<std::byte> encode_fast_message(const FastMessage& message) {
    return message.is_json ? encode_fast_json(message) : encode_fast_msgpack(message);
}

Result<FastMessage> decode_fast_message(std::span<const std::byte> payload) {
    const bool is_json = !payload.empty() && payload.front() == std::byte{'{'};
    auto decoded = is_json ? decode_fast_json(payload) : decode_fast_msgpack(payload);
    if (!decoded) return std::move(decoded).error().context("control message");
    if (auto checked = check_fast_message(*decoded); !checked)
        return std::move(checked).error().context("control message");
    return decoded;
}

}  // namespace mycelium::wire
