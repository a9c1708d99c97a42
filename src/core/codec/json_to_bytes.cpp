// bytes_from_json: JSON as a described message.
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

#include "core/codec/base64.h"
#include "core/codec/description.h"
#include "core/codec/json.h"
#include "core/codec/type_table.h"

namespace mycelium::codec {
namespace {

Error expected(std::string_view what, const JsonValue& found) {
    return {Errc::malformed,
            std::string{name_of(found.kind())} + " where " + std::string{what} + " is expected"};
}

Error inside(Error error, std::string_view name) {
    return std::move(error).context("'" + std::string{name} + "'");
}

// A few characters of JSON may stand for a FLAT value of any size.
Error too_large(const TypeBlock& block) {
    return {Errc::overloaded, std::string{block.name} + " makes more than " +
                                  std::to_string(limits::json_bytes_max) +
                                  " bytes of one JSON text"};
}

/// An integer that its kind can hold, as the two's complement bits of 64.
Result<std::uint64_t> integer_of(const JsonValue& value, Shape shape) {
    if (value.kind() != JsonKind::integer) return expected("an integer", value);
    const auto as_unsigned = value.unsigned_integer();
    const auto as_signed = value.integer();
    const auto is_unsigned_up_to = [&](std::uint64_t max) {
        return as_unsigned && *as_unsigned <= max;
    };
    const auto is_signed_of = [&](int bits) {
        const std::int64_t max = static_cast<std::int64_t>((std::uint64_t{1} << (bits - 1)) - 1);
        return as_signed && *as_signed <= max && *as_signed >= -max - 1;
    };
    bool fits = false;
    switch (shape) {
        case Shape::byte:
        case Shape::u8:
            fits = is_unsigned_up_to(UINT8_MAX);
            break;
        case Shape::u16:
            fits = is_unsigned_up_to(UINT16_MAX);
            break;
        case Shape::u32:
            fits = is_unsigned_up_to(UINT32_MAX);
            break;
        case Shape::u64:
            fits = is_unsigned_up_to(UINT64_MAX);
            break;
        case Shape::i8:
            fits = is_signed_of(8);
            break;
        case Shape::i16:
            fits = is_signed_of(16);
            break;
        case Shape::i32:
            fits = is_signed_of(32);
            break;
        default:
            fits = is_signed_of(64);
            break;
    }
    if (!fits)
        return Error{Errc::malformed, value.to_text() + " is no " + std::string{name_of(shape)}};
    return as_unsigned ? *as_unsigned : static_cast<std::uint64_t>(*as_signed);
}

Result<double> real_of(const JsonValue& value, Shape shape) {
    const auto number = value.real();
    if (!number) return expected("a number", value);
    constexpr double max = std::numeric_limits<float>::max();
    if (shape == Shape::f32 && std::abs(*number) > max)
        return Error{Errc::malformed, value.to_text() + " is no f32"};
    return *number;
}

Result<std::vector<std::byte>> binary_of(const JsonValue& value) {
    const auto text = value.string();
    if (!text) return expected("a base64 string", value);
    return bytes_of_base64(*text);
}

Result<std::vector<std::byte>> binary_of(const JsonValue& value, std::uint64_t size) {
    auto bytes = binary_of(value);
    if (bytes && bytes->size() != size)
        return Error{Errc::malformed, std::to_string(bytes->size()) + " bytes of base64 where " +
                                          std::to_string(size) + " are expected"};
    return bytes;
}

/// Writes JSON by a table of types. Recursion is bounded by the document's depth; FLAT types by the
/// table's.
class FromJson {
public:
    explicit FromJson(const TypeTable& types) noexcept : types_(types) {}

    Result<void> fields(const JsonValue& value, const TypeBlock& block,
                        msgpack::Builder& out) const {
        if (value.kind() != JsonKind::object) return expected("an object", value);
        std::vector<std::optional<JsonValue>> found(block.members.size());
        std::size_t count = 0;
        (void)value.for_each_member([&](std::string_view name, JsonValue member) -> Result<void> {
            const std::size_t index = block.index_named(name);
            if (index == found.size() || member.is_null()) return {};
            found[index] = member;
            ++count;
            return {};
        });
        out.map(count);
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!found[i]) continue;
            const TypeMember& member = block.members[i];
            out.integer(member.number);
            auto written = write(*found[i], types_.kind(member.kind), out);
            if (!written) return inside(std::move(written).error(), member.name);
        }
        return {};
    }

    /// `at` has block.bytes bytes, all zero.
    Result<void> packed(const JsonValue& value, const TypeBlock& block, std::byte* at) const {
        if (value.kind() != JsonKind::object) return expected("an object", value);
        return value.for_each_member([&](std::string_view name, JsonValue member) -> Result<void> {
            const std::size_t index = block.index_named(name);
            if (index == block.members.size() || member.is_null()) return {};
            const TypeMember& place = block.members[index];
            auto written = write_flat(member, types_.kind(place.kind), at + place.number);
            if (!written) return inside(std::move(written).error(), name);
            return {};
        });
    }

private:
    Result<void> write(const JsonValue& value, const TypeKind& kind, msgpack::Builder& out) const {
        if (value.is_null()) {
            out.nil();
            return {};
        }
        switch (kind.shape) {
            case Shape::type:
                return type(value, types_.block(kind.type), out);
            case Shape::list:
                return elements(value, kind, out);
            case Shape::fixed:
                return fixed(value, kind, out);
            case Shape::map:
                return map(value, kind, out);
            case Shape::boolean: {
                const auto boolean = value.boolean();
                if (!boolean) return expected("a boolean", value);
                out.boolean(*boolean);
                return {};
            }
            case Shape::f32:
            case Shape::f64: {
                MYCELIUM_TRY_ASSIGN(const double number, real_of(value, kind.shape));
                if (kind.shape == Shape::f32)
                    out.real(static_cast<float>(number));
                else
                    out.real(number);
                return {};
            }
            case Shape::string: {
                const auto text = value.string();
                if (!text) return expected("a string", value);
                out.string(*text);
                return {};
            }
            case Shape::bytes: {
                MYCELIUM_TRY_ASSIGN(const auto bytes, binary_of(value));
                out.binary(bytes);
                return {};
            }
            default: {
                MYCELIUM_TRY_ASSIGN(const std::uint64_t bits, integer_of(value, kind.shape));
                write_integer(bits, kind.shape, out);
                return {};
            }
        }
    }
    static void write_integer(std::uint64_t bits, Shape shape, msgpack::Builder& out) {
        const bool is_signed =
            shape == Shape::i8 || shape == Shape::i16 || shape == Shape::i32 || shape == Shape::i64;
        if (is_signed)
            out.integer(static_cast<std::int64_t>(bits));
        else
            out.integer(bits);
    }
    Result<void> type(const JsonValue& value, const TypeBlock& block, msgpack::Builder& out) const {
        if (block.form == Form::fields) return fields(value, block, out);
        if (block.bytes > limits::json_bytes_max ||
            out.size() > limits::json_bytes_max - block.bytes)
            return too_large(block);
        std::vector<std::byte> bytes(block.bytes);
        MYCELIUM_TRY(packed(value, block, bytes.data()));
        out.binary(bytes);
        return {};
    }
    Result<void> fixed(const JsonValue& value, const TypeKind& kind, msgpack::Builder& out) const {
        if (types_.kind(kind.element).shape == Shape::byte) {
            MYCELIUM_TRY_ASSIGN(const auto bytes, binary_of(value, kind.count));
            out.binary(bytes);
            return {};
        }
        MYCELIUM_TRY(check_count(value, kind.count));
        return elements(value, kind, out);
    }
    static Result<void> check_count(const JsonValue& value, std::uint64_t count) {
        if (value.kind() == JsonKind::array && value.size() == count) return {};
        return expected("an array of " + std::to_string(count), value);
    }
    Result<void> elements(const JsonValue& value, const TypeKind& kind,
                          msgpack::Builder& out) const {
        if (value.kind() != JsonKind::array) return expected("an array", value);
        out.array(value.size());
        std::size_t index = 0;
        return value.for_each_element([&](JsonValue element) -> Result<void> {
            auto written = write(element, types_.kind(kind.element), out);
            if (!written)
                return std::move(written).error().context("[" + std::to_string(index) + "]");
            ++index;
            return {};
        });
    }
    Result<void> map(const JsonValue& value, const TypeKind& kind, msgpack::Builder& out) const {
        if (value.kind() != JsonKind::object) return expected("an object", value);
        out.map(value.size());
        return value.for_each_member([&](std::string_view name, JsonValue member) -> Result<void> {
            auto written = write_key(name, types_.kind(kind.key).shape, out);
            if (written) written = write(member, types_.kind(kind.element), out);
            if (!written) return inside(std::move(written).error(), name);
            return {};
        });
    }
    // Integer keys are decimal text in JSON.
    static Result<void> write_key(std::string_view name, Shape shape, msgpack::Builder& out) {
        if (shape == Shape::string) {
            out.string(name);
            return {};
        }
        MYCELIUM_TRY_ASSIGN(const JsonDocument number, JsonDocument::parse(name));
        MYCELIUM_TRY_ASSIGN(const std::uint64_t bits, integer_of(number.root(), shape));
        write_integer(bits, shape, out);
        return {};
    }

    Result<void> write_flat(const JsonValue& value, const TypeKind& kind, std::byte* at) const {
        switch (kind.shape) {
            case Shape::type:
                return packed(value, types_.block(kind.type), at);
            case Shape::fixed:
                return flat_array(value, kind, at);
            case Shape::character:
                return text(value, 1, at);
            case Shape::boolean: {
                const auto boolean = value.boolean();
                if (!boolean) return expected("a boolean", value);
                *at = *boolean ? std::byte{1} : std::byte{0};
                return {};
            }
            case Shape::f32:
            case Shape::f64: {
                MYCELIUM_TRY_ASSIGN(const double number, real_of(value, kind.shape));
                const auto narrow = static_cast<float>(number);
                if (kind.shape == Shape::f32)
                    std::memcpy(at, &narrow, sizeof narrow);
                else
                    std::memcpy(at, &number, sizeof number);
                return {};
            }
            default: {
                MYCELIUM_TRY_ASSIGN(const std::uint64_t bits, integer_of(value, kind.shape));
                std::memcpy(at, &bits, kind.bytes);  // the low bytes: the machine is little-endian
                return {};
            }
        }
    }
    Result<void> flat_array(const JsonValue& value, const TypeKind& kind, std::byte* at) const {
        const TypeKind& element = types_.kind(kind.element);
        if (element.shape == Shape::character) return text(value, kind.count, at);
        if (element.shape == Shape::byte) {
            MYCELIUM_TRY_ASSIGN(const auto bytes, binary_of(value, kind.count));
            std::memcpy(at, bytes.data(), bytes.size());
            return {};
        }
        MYCELIUM_TRY(check_count(value, kind.count));
        std::size_t index = 0;
        return value.for_each_element([&](JsonValue child) -> Result<void> {
            auto written = write_flat(child, element, at + index * element.bytes);
            if (!written)
                return std::move(written).error().context("[" + std::to_string(index) + "]");
            ++index;
            return {};
        });
    }
    static Result<void> text(const JsonValue& value, std::uint64_t size, std::byte* at) {
        const auto text = value.string();
        if (!text) return expected("a string", value);
        if (text->size() > size)
            return Error{Errc::malformed,
                         "a string of more than " + std::to_string(size) + " bytes"};
        if (!text->empty()) std::memcpy(at, text->data(), text->size());
        return {};
    }

    const TypeTable& types_;
};

}  // namespace

Result<std::vector<std::byte>> bytes_from_json(std::string_view description,
                                               std::string_view json) {
    MYCELIUM_TRY_ASSIGN(const JsonDocument document, JsonDocument::parse(json));
    if (description.empty()) return binary_of(document.root());
    MYCELIUM_TRY_ASSIGN(const TypeTable types, TypeTable::parse(description));
    const TypeBlock& root = types.root();
    if (root.is_opaque)
        return Error{Errc::unsupported,
                     "the description of " + std::string{root.name} + " is too long to travel"};
    const FromJson from_json{types};
    if (root.form == Form::fields) {
        msgpack::Builder out;
        MYCELIUM_TRY(from_json.fields(document.root(), root, out));
        return out.take();
    }
    if (root.bytes > limits::json_bytes_max) return too_large(root);
    const std::size_t head =
        root.form == Form::tlv ? tlv::head_bytes(root.tlv_type, root.bytes) : 0;
    std::vector<std::byte> bytes(head + root.bytes);
    if (head != 0) tlv::write_head(bytes.data(), root.tlv_type, root.bytes);
    MYCELIUM_TRY(from_json.packed(document.root(), root, bytes.data() + head));
    return bytes;
}

}  // namespace mycelium::codec
