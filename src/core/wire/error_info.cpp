#include "core/wire/error_info.h"

#include <mycelium/limits.h>

#include "base/utf8.h"

namespace mycelium::wire {
namespace {

bool is_one_value(std::span<const std::byte> bytes) {
    msgpack::Reader in{bytes};
    return in.skip() && in.end();
}

bool read_data(msgpack::Reader& in, std::string& data) {
    if (in.try_nil()) return true;
    std::span<const std::byte> raw;
    if (!in.raw(raw)) return false;
    data.assign(reinterpret_cast<const char*>(raw.data()), raw.size());
    return true;
}

bool read_message(msgpack::Reader& in, std::string& message) {
    std::string_view text;
    if (in.try_nil()) return true;
    if (!in.string(text)) return false;
    message = text;
    return true;
}

}  // namespace

std::int64_t error_code_of(const Error& error) noexcept {
    if (error.code() == Errc::failed) return error.detail();
    return error_code_base - static_cast<std::int64_t>(error.code());
}

FastMessage::ErrorInfo error_info_of(const Error& error) {
    return {error_code_of(error), error.message(), error.data()};
}

Error error_of(const FastMessage::ErrorInfo& info) {
    for (int number = 0; number <= static_cast<int>(Errc::internal); ++number)
        if (info.code == error_code_base - number)
            return Error{static_cast<Errc>(number), info.message}.with_data(info.data);
    return Error{Errc::failed, info.message, info.code}.with_data(info.data);
}

void write_error_info(msgpack::Builder& out, const FastMessage::ErrorInfo& info) {
    // What a user gave as data may be anything; written as it is it would break the whole message.
    const bool has_data = is_one_value(std::as_bytes(std::span{info.data}));
    out.map(has_data ? 3 : 2);
    out.string("code");
    out.integer(info.code);
    out.string("message");
    out.string(base::valid_utf8(info.message, limits::error_text_bytes_max));
    if (!has_data) return;
    out.string("data");
    out.raw(std::as_bytes(std::span{info.data}));
}

bool read_error_info(msgpack::Reader& in, FastMessage::ErrorInfo& info) {
    std::uint32_t pairs = 0;
    if (!in.map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view key;
        const bool is_named = in.peek() == msgpack::Kind::string;
        if (is_named ? !in.string(key) : !in.skip()) return false;
        bool is_read = false;
        if (key == "code")
            is_read = in.integer(info.code);
        else if (key == "message")
            is_read = read_message(in, info.message);
        else if (key == "data")
            is_read = read_data(in, info.data);
        else
            is_read = in.skip();
        if (!is_read) return false;
    }
    return true;
}

}  // namespace mycelium::wire
