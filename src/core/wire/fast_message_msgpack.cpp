// FastMessage as MessagePack.
#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

#include <array>
#include <string>

#include "base/utf8.h"
#include "core/wire/error_info.h"
#include "core/wire/fast_message_forms.h"

namespace mycelium::wire {
namespace {

using msgpack::Builder;
using msgpack::Kind;
using msgpack::Reader;

// In the order in which they are written.
constexpr std::array<std::string_view, 7> keys{"version", "type",   "id",   "method",
                                               "params",  "result", "error"};

void put_value(Builder& out, std::string_view key, std::span<const std::byte> value,
               bool is_inline) {
    out.string(key);
    if (is_inline)
        out.raw(value);
    else
        out.binary(value);
}

/// `bin` as its content, everything else as its encoding, nil as absent (that is how some libraries
/// write undefined).
bool take_value(Reader& in, std::optional<std::span<const std::byte>>& value, bool& is_inline) {
    if (in.try_nil()) return true;
    is_inline = in.peek() != Kind::binary;
    value.emplace();
    return is_inline ? in.raw(*value) : in.binary(*value);
}

class Decoder {
public:
    explicit Decoder(std::span<const std::byte> payload) noexcept : in_(payload) {}

    Result<FastMessage> decode() {
        std::uint32_t pairs = 0;
        if (in_.map(pairs)) {
            for (std::uint32_t i = 0; i < pairs && !in_.failed(); ++i) take_pair();
        }
        if (in_.failed() || !in_.end()) return in_.error();
        if (!has(0)) return Error{Errc::malformed, "no version"};
        if (!has(1)) return Error{Errc::malformed, "no type"};
        return std::move(message_);
    }

private:
    bool has(std::size_t key) const noexcept { return (seen_ & (1u << key)) != 0; }

    bool take_pair() {
        std::string_view name;
        if (in_.peek() != Kind::string) return in_.skip() && in_.skip();
        if (!in_.string(name)) return false;
        for (std::size_t key = 0; key < keys.size(); ++key) {
            if (keys[key] != name) continue;
            if (has(key)) return in_.fail("a key comes twice");
            seen_ |= 1u << key;
            return take(key);
        }
        return in_.skip();
    }

    bool take(std::size_t key) {
        switch (key) {
            case 0:
                return take_version();
            case 1:
                return take_type();
            case 2:
                return take_id();
            case 3:
                return take_method();
            case 4:
                return take_value(in_, message_.params, message_.params_inline);
            case 5:
                return take_value(in_, message_.result, message_.result_inline);
            default:
                return take_error();
        }
    }

    bool take_version() {
        std::uint64_t version = 0;
        return in_.integer(version) && (version == 1 || in_.fail("a version that is not 1"));
    }

    bool take_type() {
        std::string_view name;
        if (!in_.string(name)) return false;
        const auto type = fast_message_type_named(name);
        if (!type) return in_.fail("a type that is not request, response or notification");
        message_.type = *type;
        return true;
    }

    bool take_id() {
        if (in_.try_nil()) return true;
        std::uint64_t id = 0;
        if (!in_.integer(id)) return false;
        message_.id = id;
        return true;
    }

    bool take_method() {
        std::string_view method;
        if (in_.try_nil()) return true;
        if (!in_.string(method)) return false;
        message_.method = method;
        return true;
    }

    bool take_error() {
        if (in_.try_nil()) return true;
        message_.error.emplace();
        return read_error_info(in_, *message_.error);
    }

    Reader in_;
    FastMessage message_;
    unsigned seen_ = 0;
};

}  // namespace

std::vector<std::byte> encode_fast_msgpack(const FastMessage& message) {
    Builder out;
    out.map(2u + message.id.has_value() + !message.method.empty() + message.params.has_value() +
            message.result.has_value() + message.error.has_value());
    out.string("version");
    out.integer(1);
    out.string("type");
    out.string(name_of(message.type));
    if (message.id) {
        out.string("id");
        out.integer(*message.id);
    }
    if (!message.method.empty()) {
        out.string("method");
        out.string(base::valid_utf8(message.method, limits::method_bytes_max));
    }
    if (message.params) put_value(out, "params", *message.params, message.params_inline);
    if (message.result) put_value(out, "result", *message.result, message.result_inline);
    if (message.error) {
        out.string("error");
        write_error_info(out, *message.error);
    }
    return out.take();
}

Result<FastMessage> decode_fast_msgpack(std::span<const std::byte> payload) {
    return Decoder{payload}.decode();
}

}  // namespace mycelium::wire
