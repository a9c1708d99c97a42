// Schema: how a type of the user's travels. Declared once by MYCELIUM_FLAT, MYCELIUM_TLV or
// MYCELIUM_FIELDS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <typeinfo>

#include <mycelium/bytes.h>
#include <mycelium/limits.h>
#include <mycelium/result.h>

namespace mycelium {

/// How a type travels.
enum class Form : std::uint8_t {
    local,   ///< never leaves the process: only the pointer is passed
    flat,    ///< its memory is its wire form
    tlv,     ///< a domain message: one TLV of a fixed number, read by value
    fields,  ///< MessagePack map keyed by number; JSON by name
    bytes,   ///< mycelium::Bytes: as they are
    any,     ///< an untyped end: accepts every type, prints by the description that came
};

/// One constant object per type, from schema_of<T>(). Its functions take pointers to objects of
/// that very type.
struct Schema {
    Form form = Form::local;
    std::string_view name;
    const std::type_info* type = nullptr;
    /// Canonical text of the type's wire form, at most description_bytes_max; grammar:
    /// docs/formats/types.md.
    std::string_view description;
    std::uint64_t fingerprint = 0;  ///< 64-bit hash of `description`; 0 for local, bytes and any
    std::size_t flat_bytes = 0;     ///< sizeof, of FLAT
    std::uint8_t tlv_type = 0;      ///< of TLV

    /// A copy of the object with an owner of its own; null: the type cannot be copied.
    std::shared_ptr<const void> (*share)(const void* object) = nullptr;
    /// An upper bound of the encoded size; `unencodable` if it nests deeper than codec_depth_max.
    std::size_t (*encoded_bytes_max)(const void* object) noexcept = nullptr;
    /// Writes at most encoded_bytes_max bytes to `out`, returns how many.
    std::size_t (*encode)(const void* object, std::byte* out) noexcept = nullptr;
    /// Into an existing object of the type; `malformed` names what is wrong and leaves the object
    /// valid but unspecified.
    Result<void> (*decode)(std::span<const std::byte> bytes, void* object) = nullptr;
    /// The same into a new object.
    Result<std::shared_ptr<const void>> (*decode_shared)(std::span<const std::byte> bytes) =
        nullptr;

    static constexpr std::size_t unencodable = SIZE_MAX;
    bool can_leave_process() const noexcept { return form != Form::local; }
};

}  // namespace mycelium
