#include "apps/cli/message_json.h"

#include "core/codec/description.h"

namespace mycelium::cli {

namespace {

void append_number(std::string& json, std::string_view key, std::uint64_t value) {
    if (json.back() != '{') json += ',';
    json.append("\"").append(key).append("\":").append(std::to_string(value));
}

std::string json_of(const Header& header) {
    std::string json = "{";
    append_number(json, "relay_domain", header.relay_domain);
    append_number(json, "version", header.version);
    append_number(json, "source", header.source);
    append_number(json, "flags", header.flags);
    append_number(json, "sequence", header.sequence);
    append_number(json, "timestamp", header.timestamp);
    append_number(json, "payload_size", header.payload_size);
    append_number(json, "checksum", header.checksum);
    return json + "}";
}

std::string json_of(const Origin& origin) {
    std::string json = "{";
    append_number(json, "id", origin.id);
    append_number(json, "sequence", origin.sequence);
    append_number(json, "timestamp", origin.timestamp);
    append_number(json, "lost", origin.lost);
    return json + "}";
}

std::string json_of(const Missed& missed) {
    std::string json = "{";
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        if (missed.by_reason[reason] != 0)
            append_number(json, name_of(static_cast<DropReason>(reason)), missed.by_reason[reason]);
    return json + "}";
}

std::string quoted_error(std::string_view text) {
    std::string json = "\"";
    for (char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
        if (c == '"' || c == '\\') json += '\\';
        json += c;
    }
    return json + "\"";
}

/// The members "fields" or "base64" and "error", without braces.
std::string members_of(std::span<const std::byte> bytes, std::string_view description) {
    std::string error;
    if (!description.empty()) {
        auto fields = codec::json_from_bytes(description, bytes);
        if (fields) return "\"fields\":" + *fields;
        error = ",\"error\":" + quoted_error(fields.error().message());
    }
    return "\"base64\":" + codec::json_from_bytes({}, bytes).value() + error;
}

}  // namespace

std::string json_of_message(const Message& message, std::string_view description) {
    const std::string origin =
        message.origin.id == 0 ? "" : ",\"origin\":" + json_of(message.origin);
    return "{\"header\":" + json_of(message.header) + origin +
           ",\"missed\":" + json_of(message.missed) + "," +
           members_of(message.payload.bytes, description) + "}";
}

std::string json_of_bytes(std::span<const std::byte> bytes, std::string_view description) {
    return "{" + members_of(bytes, description) + "}";
}

std::string reasons_of(const Missed& missed) {
    std::string text;
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        if (missed.by_reason[reason] != 0 &&
            static_cast<DropReason>(reason) != DropReason::not_asked_for)
            text.append(text.empty() ? "" : ", ")
                .append(name_of(static_cast<DropReason>(reason)))
                .append(" ")
                .append(std::to_string(missed.by_reason[reason]));
    return text;
}

}  // namespace mycelium::cli
