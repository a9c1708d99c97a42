#include "core/codec/json.h"

#include <mycelium/limits.h>

namespace mycelium::codec {
namespace {

using msgpack::Kind;

bool unsupported(JsonWriter& out, std::string reason) {
    out.fail({Errc::unsupported, std::move(reason)});
    return false;
}

bool write_integer(msgpack::Reader& in, JsonWriter& out, bool is_key) {
    msgpack::Reader ahead = in;
    std::int64_t number = 0;
    std::uint64_t large = 0;
    const bool is_signed = ahead.integer(number);
    if (is_signed ? !in.integer(number) : !in.integer(large)) return false;
    const std::string text = is_signed ? std::to_string(number) : std::to_string(large);
    if (is_key)
        out.key(text);
    else
        out.raw(text);
    return true;
}

bool write_key(msgpack::Reader& in, JsonWriter& out) {
    if (in.peek() == Kind::integer) return write_integer(in, out, true);
    if (in.peek() != Kind::string)
        return unsupported(out,
                           "byte " + std::to_string(in.position()) +
                               ": a key that is neither text nor an integer has no form in JSON");
    std::string_view text;
    if (!in.string(text)) return false;
    out.key(text);
    return true;
}

// Recursion is bounded by `depth`.
bool write_value(msgpack::Reader& in, JsonWriter& out, std::size_t depth) {
    std::uint32_t count = 0;
    switch (in.peek()) {
        case Kind::nil:
            out.null();
            return in.nil();
        case Kind::boolean: {
            bool value = false;
            if (!in.boolean(value)) return false;
            out.boolean(value);
            return true;
        }
        case Kind::integer:
            return write_integer(in, out, false);
        case Kind::real: {
            double value = 0;
            if (!in.real(value)) return false;
            out.real(value);
            return !out.failed();
        }
        case Kind::string: {
            std::string_view text;
            if (!in.string(text)) return false;
            out.string(text);
            return !out.failed();
        }
        case Kind::binary: {
            std::span<const std::byte> bytes;
            if (!in.binary(bytes)) return false;
            out.base64(bytes);
            return !out.failed();
        }
        case Kind::array:
            if (depth == 0) return in.fail("nested too deep");
            if (!in.array(count)) return false;
            out.begin_array();
            for (; count > 0; --count)
                if (!write_value(in, out, depth - 1)) return false;
            out.end_array();
            return !out.failed();
        case Kind::map:
            if (depth == 0) return in.fail("nested too deep");
            if (!in.map(count)) return false;
            out.begin_object();
            for (; count > 0; --count)
                if (!write_key(in, out) || !write_value(in, out, depth - 1)) return false;
            out.end_object();
            return !out.failed();
        case Kind::extension:
            return unsupported(out, "byte " + std::to_string(in.position()) +
                                        ": an extension has no form in JSON");
        case Kind::invalid:
        case Kind::end:
            return in.skip();
    }
    return false;
}

}  // namespace

bool write_msgpack(msgpack::Reader& in, JsonWriter& out) {
    return write_value(in, out, limits::codec_depth_max);
}

Result<std::string> json_of_msgpack(std::span<const std::byte> bytes) {
    msgpack::Reader in{bytes};
    JsonWriter out;
    if (write_msgpack(in, out)) in.end();
    if (in.failed()) return in.error();
    return out.take();
}

void write_json(const JsonValue& value, msgpack::Builder& out) {
    switch (value.kind()) {
        case JsonKind::null:
            out.nil();
            break;
        case JsonKind::boolean:
            out.boolean(*value.boolean());
            break;
        case JsonKind::integer:
            if (const auto number = value.integer())
                out.integer(*number);
            else
                out.integer(*value.unsigned_integer());
            break;
        case JsonKind::real:
            out.real(*value.real());
            break;
        case JsonKind::string:
            out.string(*value.string());
            break;
        case JsonKind::array:
            out.array(value.size());
            (void)value.for_each_element([&](JsonValue element) -> Result<void> {
                write_json(element, out);
                return {};
            });
            break;
        case JsonKind::object:
            out.map(value.size());
            (void)value.for_each_member(
                [&](std::string_view name, JsonValue member) -> Result<void> {
                    out.string(name);
                    write_json(member, out);
                    return {};
                });
            break;
    }
}

Result<std::vector<std::byte>> msgpack_of_json(std::string_view json) {
    MYCELIUM_TRY_ASSIGN(const JsonDocument document, JsonDocument::parse(json));
    msgpack::Builder out;
    write_json(document.root(), out);
    return out.take();
}

}  // namespace mycelium::codec
