// FastMessage as JSON.
#include <mycelium/limits.h>

#include <string>
#include <utility>

#include "base/utf8.h"
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/wire/error_info.h"
#include "core/wire/fast_message_forms.h"

namespace mycelium::wire {
namespace {

using codec::JsonDocument;
using codec::JsonKind;
using codec::JsonValue;
using codec::JsonWriter;

Error bad(std::string_view key, std::string_view reason) {
    return {Errc::malformed, std::string{key} + ": " + std::string{reason}};
}

class Decoder {
public:
    Result<FastMessage> decode(const JsonValue& root) {
        MYCELIUM_TRY(root.for_each_member(
            [this](std::string_view key, JsonValue value) { return take(key, value); }));
        if (!has_version_) return Error{Errc::malformed, "no version"};
        if (!has_type_) return Error{Errc::malformed, "no type"};
        message_.is_json = true;
        own(std::move(params_), message_.params, std::move(result_), message_.result);
        return std::move(message_);
    }

private:
    using Content = std::optional<std::vector<std::byte>>;

    Result<void> take(std::string_view key, const JsonValue& value) {
        if (value.is_null()) return {};
        if (key == "version") return take_version(value);
        if (key == "type") return take_type(value);
        if (key == "id") return take_id(value);
        if (key == "method") return take_method(value);
        if (key == "params") return take_content(key, value, params_, message_.params_inline);
        if (key == "result") return take_content(key, value, result_, message_.result_inline);
        if (key == "error") return take_error(value);
        return {};
    }

    Result<void> take_version(const JsonValue& value) {
        has_version_ = true;
        if (value.unsigned_integer() != 1) return bad("version", "this is not 1");
        return {};
    }

    Result<void> take_type(const JsonValue& value) {
        has_type_ = true;
        const auto type = fast_message_type_named(value.string().value_or(""));
        if (!type) return bad("type", "this is not \"request\", \"response\" or \"notification\"");
        message_.type = *type;
        return {};
    }

    Result<void> take_id(const JsonValue& value) {
        message_.id = value.unsigned_integer();
        if (!message_.id) return bad("id", "this is not an integer from 0 to 2^64 - 1");
        return {};
    }

    Result<void> take_method(const JsonValue& value) {
        const auto method = value.string();
        if (!method) return bad("method", "this is not a string");
        message_.method = *method;
        return {};
    }

    /// A string is base64; everything else stays JSON.
    static Result<void> take_content(std::string_view key, const JsonValue& value, Content& content,
                                     bool& is_inline) {
        const auto text = value.string();
        is_inline = !text;
        if (is_inline) {
            const std::string json = value.to_text();
            const auto bytes = std::as_bytes(std::span{json});
            content.emplace(bytes.begin(), bytes.end());
            return {};
        }
        auto decoded = codec::bytes_of_base64(*text);
        if (!decoded) return std::move(decoded).error().context(key);
        content = *std::move(decoded);
        return {};
    }

    Result<void> take_error(const JsonValue& value) {
        if (value.kind() != JsonKind::object) return bad("error", "this is not an object");
        FastMessage::ErrorInfo& error = message_.error.emplace();
        return value.for_each_member([&error](std::string_view key, JsonValue member) {
            return take_error_member(error, key, member);
        });
    }

    static Result<void> take_error_member(FastMessage::ErrorInfo& error, std::string_view key,
                                          const JsonValue& value) {
        if (value.is_null()) return {};
        if (key == "code") {
            const auto code = value.integer();
            if (!code) return bad("error.code", "this is not an integer of 64 bits");
            error.code = *code;
        } else if (key == "message") {
            const auto text = value.string();
            if (!text) return bad("error.message", "this is not a string");
            error.message = *text;
        } else if (key == "data") {
            msgpack::Builder out;
            codec::write_json(value, out);
            const auto bytes = out.bytes();
            error.data.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        return {};
    }

    /// One block owns both contents, and the views point into it.
    void own(Content params, std::optional<std::span<const std::byte>>& params_view, Content result,
             std::optional<std::span<const std::byte>>& result_view) {
        const std::size_t params_size = params ? params->size() : 0;
        if (params) message_.decoded = std::move(*params);
        if (result) message_.decoded.insert(message_.decoded.end(), result->begin(), result->end());
        const std::span<const std::byte> all{message_.decoded};
        if (params) params_view = all.first(params_size);
        if (result) result_view = all.subspan(params_size);
    }

    FastMessage message_;
    Content params_;
    Content result_;
    bool has_version_ = false;
    bool has_type_ = false;
};

void put_content(JsonWriter& out, std::string_view key,
                 const std::optional<std::span<const std::byte>>& content, bool is_inline) {
    if (!content) return;
    out.key(key);
    if (is_inline)
        out.raw({reinterpret_cast<const char*>(content->data()), content->size()});
    else
        out.base64(*content);
}

void put_error(JsonWriter& out, const FastMessage::ErrorInfo& error) {
    out.key("error").begin_object();
    out.key("code").integer(error.code);
    out.key("message").string(base::valid_utf8(error.message, limits::error_text_bytes_max));
    if (!error.data.empty()) {
        // Data that is not one value, or that JSON cannot say, is left out.
        if (const auto data = codec::json_of_msgpack(std::as_bytes(std::span{error.data})))
            out.key("data").raw(*data);
    }
    out.end_object();
}

Result<std::string> json_of(const FastMessage& message) {
    JsonWriter out;
    out.begin_object().key("version").integer(1).key("type").string(name_of(message.type));
    if (message.id) out.key("id").integer(*message.id);
    if (!message.method.empty())
        out.key("method").string(base::valid_utf8(message.method, limits::method_bytes_max));
    put_content(out, "params", message.params, message.params_inline);
    put_content(out, "result", message.result, message.result_inline);
    if (message.error) put_error(out, *message.error);
    out.end_object();
    return out.take();
}

}  // namespace

std::vector<std::byte> encode_fast_json(const FastMessage& message) {
    auto json = json_of(message);
    if (!json) {
        if (message.type != FastMessage::Type::response || message.error) return {};
        FastMessage refusal;
        refusal.type = message.type;
        refusal.is_json = true;
        refusal.id = message.id;
        refusal.error =
            error_info_of(std::move(json).error().context("the answer cannot be written as JSON"));
        return encode_fast_json(refusal);
    }
    const auto bytes = std::as_bytes(std::span{*json});
    return {bytes.begin(), bytes.end()};
}

Result<FastMessage> decode_fast_json(std::span<const std::byte> payload) {
    MYCELIUM_TRY_ASSIGN(
        const JsonDocument document,
        JsonDocument::parse({reinterpret_cast<const char*>(payload.data()), payload.size()}));
    return Decoder{}.decode(document.root());
}

}  // namespace mycelium::wire
