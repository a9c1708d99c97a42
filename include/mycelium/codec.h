// Codec: every type's Schema, and values to bytes, to JSON and back without a port.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <mycelium/bytes.h>
#include <mycelium/codec/declare.h>
#include <mycelium/codec/describe.h>
#include <mycelium/codec/fields.h>
#include <mycelium/codec/flat.h>
#include <mycelium/codec/tlv_value.h>
#include <mycelium/result.h>
#include <mycelium/schema.h>

namespace mycelium {

/// The type of an untyped end: accepts every type. No object of it is ever sent; what arrives are
/// bytes.
struct AnyType {};

template <class T>
concept Flat = codec::form_of<T>()
== Form::flat;
template <class T>
concept TlvType = codec::form_of<T>()
== Form::tlv;
template <class T>
concept FieldsType = codec::form_of<T>()
== Form::fields;
/// Has a wire form; all other types stay in their process.
template <class T>
concept Encodable = Flat<T> || TlvType<T> || FieldsType<T> || std::same_as<T, Bytes>;

}  // namespace mycelium

namespace mycelium::codec {

/// Through the one file that copies message bytes.
void copy_message(std::byte* to, const void* from, std::size_t size) noexcept;
Error wrong_size_error(std::string_view type, std::size_t expected, std::size_t found);

Result<std::string> json_from_bytes(std::string_view description, std::span<const std::byte> bytes);
Result<std::vector<std::byte>> bytes_from_json(std::string_view description, std::string_view json);

/// The typed functions behind a Schema.
template <class T>
std::size_t encoded_bytes_max(const T& object) noexcept {
    if constexpr (Flat<T>) {
        return sizeof(T);
    } else if constexpr (TlvType<T>) {
        return TlvValue<T>::bytes;
    } else if constexpr (FieldsType<T>) {
        std::size_t bytes = 0;
        return FieldMap<T>::bound(object, bytes, limits::codec_depth_max) ? bytes
                                                                          : Schema::unencodable;
    } else {
        return object.size();
    }
}

template <class T>
std::size_t encode_into(const T& object, std::byte* out) noexcept {
    if constexpr (Flat<T>) {
        copy_message(out, &object, sizeof(T));
        return sizeof(T);
    } else if constexpr (TlvType<T>) {
        return TlvValue<T>::encode(object, out);
    } else if constexpr (FieldsType<T>) {
        msgpack::Writer writer{out};
        FieldMap<T>::write(writer, object);
        return writer.size();
    } else {
        copy_message(out, object.data(), object.size());
        return object.size();
    }
}

template <class T>
Result<void> decode_into(std::span<const std::byte> bytes, T& object) {
    if constexpr (Flat<T>) {
        if (bytes.size() != sizeof(T))
            return wrong_size_error(declaration_of<T>.name, sizeof(T), bytes.size());
        // Copied first: the bytes may lie in memory that another process can still change.
        auto* const copy = reinterpret_cast<std::byte*>(&object);
        copy_message(copy, bytes.data(), sizeof(T));
        if (const char* member = Packed<T>::invalid_member(copy)) {
            for (std::size_t i = 0; i < sizeof(T); ++i) copy[i] = std::byte{0};
            return invalid_member_error(member);
        }
    } else if constexpr (TlvType<T>) {
        return TlvValue<T>::decode(bytes, object);
    } else if constexpr (FieldsType<T>) {
        msgpack::Reader reader{bytes};
        if (!FieldMap<T>::read(reader, object, limits::codec_depth_max) || !reader.end())
            return reader.error();
    } else {
        object = Bytes::copy_of(bytes);
    }
    return {};
}

/// Are these bytes a T as they lie there? Of FLAT types for whose members every pattern is a value.
template <class T>
bool lies_as(std::span<const std::byte> bytes) noexcept {
    if constexpr (Flat<T>)
        return Packed<T>::every_pattern && bytes.size() == sizeof(T) &&
               reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0;
    else
        return false;
}

template <class T>
std::shared_ptr<T> make_object() {
    // Of FIELDS the sender may leave some out.
    if constexpr (std::is_trivially_copyable_v<T> && !FieldsType<T>)
        return std::make_shared_for_overwrite<T>();
    else
        return std::make_shared<T>();
}

template <class T>
constexpr bool can_be_shared() noexcept {
    if constexpr (FieldsType<T>)
        return FieldMap<T>::copyable && is_copyable<T>;
    else
        return is_copyable<T>;
}

/// A readable name of T, the same in all parts of one program.
template <class T>
constexpr std::string_view local_name() noexcept {
    constexpr std::string_view function = __PRETTY_FUNCTION__;
    constexpr std::size_t start = function.find("T = ") + 4;
    constexpr std::size_t end = function.find_first_of(";]", start);
    return function.substr(start, end - start);
}

template <class T>
std::string description_of() {
    Describer describer;
    if constexpr (Flat<T>)
        return describer.describe(typeid(T), &describe_flat<T>);
    else if constexpr (TlvType<T>)
        return describer.describe(typeid(T), &describe_tlv<T>);
    else
        return describer.describe(typeid(T), &FieldMap<T>::describe_block);
}

template <class T>
void add_description(Schema& schema) {
    // For ever: a thread may still publish while the program's statics are destroyed.
    static const auto* const text = new std::string{description_of<T>()};
    schema.name = declaration_of<T>.name;
    schema.description = *text;
    schema.fingerprint = fingerprint_of(*text);
}

template <class T>
Schema make_schema() {
    Schema schema;
    schema.type = &typeid(T);
    schema.name = local_name<T>();
    if constexpr (can_be_shared<T>())
        schema.share = [](const void* object) -> std::shared_ptr<const void> {
            return std::make_shared<const T>(*static_cast<const T*>(object));
        };
    if constexpr (Flat<T>) {
        schema.form = Form::flat;
        schema.flat_bytes = sizeof(T);
    } else if constexpr (TlvType<T>) {
        schema.form = Form::tlv;
        schema.tlv_type = TlvValue<T>::type;
    } else if constexpr (FieldsType<T>) {
        check_field_members<T>();
        schema.form = Form::fields;
    } else if constexpr (std::same_as<T, Bytes>) {
        schema.form = Form::bytes;
        schema.name = "Bytes";
    } else if constexpr (std::same_as<T, AnyType>) {
        schema.form = Form::any;
        schema.name = "any";
    }
    if constexpr (Declared<T>) add_description<T>(schema);
    if constexpr (Encodable<T>) {
        schema.encoded_bytes_max = [](const void* object) noexcept {
            return encoded_bytes_max(*static_cast<const T*>(object));
        };
        schema.encode = [](const void* object, std::byte* out) noexcept {
            return encode_into(*static_cast<const T*>(object), out);
        };
        schema.decode = [](std::span<const std::byte> bytes, void* object) {
            return decode_into(bytes, *static_cast<T*>(object));
        };
        schema.decode_shared =
            [](std::span<const std::byte> bytes) -> Result<std::shared_ptr<const void>> {
            auto object = make_object<T>();
            MYCELIUM_TRY(decode_into(bytes, *object));
            return std::shared_ptr<const void>{std::move(object)};
        };
    }
    return schema;
}

}  // namespace mycelium::codec

namespace mycelium {

/// How T travels. Made at the first call, any thread; constant from then on.
template <class T>
const Schema& schema_of() {
    static const Schema schema = codec::make_schema<T>();
    return schema;
}
/// The schema of an untyped end.
inline const Schema& any_schema() { return schema_of<AnyType>(); }

/// The wire form of one value. `invalid`: it nests deeper than codec_depth_max (a cycle of pointers
/// does) or outgrows a message.
template <Encodable T>
Result<Bytes> encode(const T& value) {
    if constexpr (FieldsType<T>) codec::check_field_members<T>();
    const std::size_t bound = codec::encoded_bytes_max(value);
    if (bound == Schema::unencodable)
        return Error{Errc::invalid, std::string{schema_of<T>().name} +
                                        " cannot be encoded: it nests too deep or is too large"};
    auto memory = std::make_shared_for_overwrite<std::byte[]>(bound);
    const std::size_t size = codec::encode_into(value, memory.get());
    return Bytes{{memory.get(), size}, std::move(memory)};
}

/// A value from its wire form, which anybody may have written. `malformed` says what is wrong, and
/// where.
template <Encodable T>
Result<T> decode(std::span<const std::byte> bytes) {
    if constexpr (FieldsType<T>) codec::check_field_members<T>();
    Result<T> value{T{}};
    if (auto decoded = codec::decode_into(bytes, *value); !decoded)
        return std::move(decoded).error();
    return value;
}

/// One line of JSON: members by name, bytes in base64, integers exact. `unsupported`: NaN,
/// infinity, text that is not UTF-8. Goes through the wire form: for people and tools, not for
/// speed.
template <Encodable T>
Result<std::string> to_json(const T& value) {
    MYCELIUM_TRY_ASSIGN(const Bytes bytes, encode(value));
    return codec::json_from_bytes(schema_of<T>().description, bytes.span());
}

/// The inverse. Unknown names are skipped, missing ones keep their default.
template <Encodable T>
Result<T> from_json(std::string_view json) {
    MYCELIUM_TRY_ASSIGN(const auto bytes, codec::bytes_from_json(schema_of<T>().description, json));
    return decode<T>(bytes);
}

}  // namespace mycelium
