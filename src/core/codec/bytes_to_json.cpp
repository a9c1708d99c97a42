// json_from_bytes: a described message as JSON.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

#include "core/codec/description.h"
#include "core/codec/json.h"
#include "core/codec/type_table.h"

namespace mycelium::codec {
namespace {

/// Walks bytes by a table of types. What fails is kept in the reader (bytes) or the writer (JSON);
/// FLAT bytes fail in the writer too. Recursion is bounded by `depth`.
class ToJson {
public:
    ToJson(const TypeTable& types, JsonWriter& out) noexcept : types_(types), out_(out) {}

    bool fields(msgpack::Reader& in, const TypeBlock& block, std::size_t depth) {
        std::uint32_t count;
        if (depth == 0) return in.fail("nested too deep");
        if (!in.map(count)) return false;
        std::vector<bool> seen(block.members.size());
        out_.begin_object();
        for (; count > 0; --count) {
            std::uint32_t number;
            if (!read_field_number(in, number)) return false;
            const TypeMember* member = block.member_numbered(number);
            if (!member) {
                if (!in.skip()) return false;
                continue;
            }
            const auto index = static_cast<std::size_t>(member - block.members.data());
            if (seen[index])
                return in.fail("a field stands twice") || in.failed_in(number, member->name);
            seen[index] = true;
            out_.key(member->name);
            if (!value(in, types_.kind(member->kind), depth - 1))
                return in.failed_in(number, member->name);
        }
        out_.end_object();
        return !out_.failed();
    }

    /// `at` has block.bytes bytes.
    bool packed(const std::byte* at, const TypeBlock& block, std::size_t depth) {
        if (depth == 0) return refuse("nested too deep");
        out_.begin_object();
        for (const TypeMember& member : block.members) {
            out_.key(member.name);
            if (!flat_value(at + member.number, types_.kind(member.kind), depth - 1)) return false;
        }
        out_.end_object();
        return !out_.failed();
    }

private:
    bool refuse(std::string why) {
        out_.fail({Errc::malformed, std::move(why)});
        return false;
    }

    bool value(msgpack::Reader& in, const TypeKind& kind, std::size_t depth) {
        if (in.try_nil()) {
            out_.null();
            return true;
        }
        switch (kind.shape) {
            case Shape::type:
                return type(in, types_.block(kind.type), depth);
            case Shape::list:
                return list(in, kind, depth);
            case Shape::fixed:
                return fixed(in, kind, depth);
            case Shape::map:
                return map(in, kind, depth);
            case Shape::boolean: {
                bool read = false;
                if (!in.boolean(read)) return false;
                out_.boolean(read);
                break;
            }
            case Shape::f32:
                return real<float>(in);
            case Shape::f64:
                return real<double>(in);
            case Shape::string: {
                std::string_view text;
                if (!in.string(text)) return false;
                out_.string(text);
                break;
            }
            case Shape::bytes:
                return binary(in);
            default: {
                std::string text;
                if (!integer(in, kind.shape, text)) return false;
                out_.raw(text);
            }
        }
        return !out_.failed();
    }
    bool type(msgpack::Reader& in, const TypeBlock& block, std::size_t depth) {
        if (block.form == Form::fields) return fields(in, block, depth);
        std::span<const std::byte> bytes;
        if (!in.binary(bytes)) return false;
        if (bytes.size() != block.bytes) return in.fail("a FLAT value of another size");
        return packed(bytes.data(), block, depth);
    }
    template <class F>
    bool real(msgpack::Reader& in) {
        F read = 0;
        if (!in.real(read)) return false;
        out_.real(read);
        return !out_.failed();
    }
    bool binary(msgpack::Reader& in) {
        std::span<const std::byte> bytes;
        if (!in.binary(bytes)) return false;
        out_.base64(bytes);
        return !out_.failed();
    }
    template <class I>
    static bool integer(msgpack::Reader& in, std::string& text) {
        I read = 0;
        if (!in.integer(read)) return false;
        text = std::to_string(read);
        return true;
    }
    static bool integer(msgpack::Reader& in, Shape shape, std::string& text) {
        switch (shape) {
            case Shape::u8:
                return integer<std::uint8_t>(in, text);
            case Shape::u16:
                return integer<std::uint16_t>(in, text);
            case Shape::u32:
                return integer<std::uint32_t>(in, text);
            case Shape::u64:
                return integer<std::uint64_t>(in, text);
            case Shape::i8:
                return integer<std::int8_t>(in, text);
            case Shape::i16:
                return integer<std::int16_t>(in, text);
            case Shape::i32:
                return integer<std::int32_t>(in, text);
            default:
                return integer<std::int64_t>(in, text);
        }
    }
    bool list(msgpack::Reader& in, const TypeKind& kind, std::size_t depth) {
        std::uint32_t count;
        if (depth == 0) return in.fail("nested too deep");
        if (!in.array(count)) return false;
        return elements(in, kind, count, depth);
    }
    bool fixed(msgpack::Reader& in, const TypeKind& kind, std::size_t depth) {
        if (types_.kind(kind.element).shape == Shape::byte) {
            std::span<const std::byte> bytes;
            if (!in.binary(bytes)) return false;
            if (bytes.size() != kind.count) return in.fail("a binary of another length");
            out_.base64(bytes);
            return !out_.failed();
        }
        std::uint32_t count;
        if (depth == 0) return in.fail("nested too deep");
        if (!in.array(count)) return false;
        if (count != kind.count) return in.fail("an array of another length");
        return elements(in, kind, count, depth);
    }
    bool elements(msgpack::Reader& in, const TypeKind& kind, std::uint32_t count,
                  std::size_t depth) {
        out_.begin_array();
        for (; count > 0; --count)
            if (!value(in, types_.kind(kind.element), depth - 1)) return false;
        out_.end_array();
        return !out_.failed();
    }
    bool map(msgpack::Reader& in, const TypeKind& kind, std::size_t depth) {
        std::uint32_t count;
        if (depth == 0) return in.fail("nested too deep");
        if (!in.map(count)) return false;
        std::vector<std::string> keys;
        out_.begin_object();
        for (; count > 0; --count) {
            std::string key;
            if (!map_key(in, types_.kind(kind.key).shape, key)) return false;
            out_.key(key);
            keys.push_back(std::move(key));
            if (!value(in, types_.kind(kind.element), depth - 1)) return false;
        }
        out_.end_object();
        std::sort(keys.begin(), keys.end());
        if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
            return in.fail("a key stands twice");
        return !out_.failed();
    }
    static bool map_key(msgpack::Reader& in, Shape shape, std::string& key) {
        if (shape != Shape::string) return integer(in, shape, key);
        std::string_view text;
        if (!in.string(text)) return false;
        key = text;
        return true;
    }

    template <class V>
    static V load(const std::byte* at) noexcept {
        V value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
    bool flat_value(const std::byte* at, const TypeKind& kind, std::size_t depth) {
        switch (kind.shape) {
            case Shape::boolean:
                if (*at > std::byte{1}) return refuse("a boolean that is neither 0 nor 1");
                out_.boolean(*at == std::byte{1});
                break;
            case Shape::byte:
            case Shape::u8:
                out_.integer(load<std::uint8_t>(at));
                break;
            case Shape::u16:
                out_.integer(load<std::uint16_t>(at));
                break;
            case Shape::u32:
                out_.integer(load<std::uint32_t>(at));
                break;
            case Shape::u64:
                out_.integer(load<std::uint64_t>(at));
                break;
            case Shape::i8:
                out_.integer(load<std::int8_t>(at));
                break;
            case Shape::i16:
                out_.integer(load<std::int16_t>(at));
                break;
            case Shape::i32:
                out_.integer(load<std::int32_t>(at));
                break;
            case Shape::i64:
                out_.integer(load<std::int64_t>(at));
                break;
            case Shape::f32:
                out_.real(load<float>(at));
                break;
            case Shape::f64:
                out_.real(load<double>(at));
                break;
            case Shape::character:
                text(at, 1);
                break;
            case Shape::fixed:
                return flat_array(at, kind, depth);
            case Shape::type:
                return packed(at, types_.block(kind.type), depth);
            case Shape::string:
            case Shape::bytes:
            case Shape::list:
            case Shape::map:
                return refuse("a kind that has no fixed size");
        }
        return !out_.failed();
    }
    bool flat_array(const std::byte* at, const TypeKind& kind, std::size_t depth) {
        const TypeKind& element = types_.kind(kind.element);
        if (element.shape == Shape::character) return text(at, kind.count);
        if (element.shape == Shape::byte) {
            out_.base64({at, kind.count});
            return !out_.failed();
        }
        if (depth == 0) return refuse("nested too deep");
        out_.begin_array();
        for (std::uint64_t i = 0; i < kind.count; ++i)
            if (!flat_value(at + i * element.bytes, element, depth - 1)) return false;
        out_.end_array();
        return !out_.failed();
    }
    // Characters without the zeros that fill the rest.
    bool text(const std::byte* at, std::uint64_t size) {
        std::string_view text{reinterpret_cast<const char*>(at), size};
        text = text.substr(0, text.find_last_not_of('\0') + 1);
        out_.string(text);
        return !out_.failed();
    }

    const TypeTable& types_;
    JsonWriter& out_;
};

}  // namespace

Result<std::string> json_from_bytes(std::string_view description,
                                    std::span<const std::byte> bytes) {
    JsonWriter out;
    if (description.empty()) return out.base64(bytes).take();
    MYCELIUM_TRY_ASSIGN(const TypeTable types, TypeTable::parse(description));
    const TypeBlock& root = types.root();
    if (root.is_opaque)
        return Error{Errc::unsupported,
                     "the description of " + std::string{root.name} + " is too long to travel"};
    ToJson to_json{types, out};
    if (root.form == Form::fields) {
        msgpack::Reader in{bytes};
        if (to_json.fields(in, root, limits::codec_depth_max)) in.end();
        if (in.failed()) return in.error();
    } else if (root.form == Form::tlv) {
        MYCELIUM_TRY_ASSIGN(const std::byte* value, find_tlv(bytes, root.tlv_type, root.bytes));
        to_json.packed(value, root, limits::codec_depth_max);
    } else if (bytes.size() != root.bytes) {
        return wrong_size_error(root.name, root.bytes, bytes.size());
    } else {
        to_json.packed(bytes.data(), root, limits::codec_depth_max);
    }
    return out.take();
}

}  // namespace mycelium::codec
