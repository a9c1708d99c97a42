// JsonDocument: JSON that was parsed and checked, read value by value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <mycelium/limits.h>
#include <mycelium/result.h>

#include "core/codec/json_writer.h"

namespace mycelium::codec {

enum class JsonKind : std::uint8_t { null, boolean, integer, real, string, array, object };
/// "a string", "an object", ….
std::string_view name_of(JsonKind kind) noexcept;

/// One value of a JsonDocument; valid as long as that is. Copies freely.
class JsonValue {
public:
    JsonKind kind() const noexcept;
    bool is_null() const noexcept { return kind() == JsonKind::null; }

    // None: it is of another kind, or out of range.
    std::optional<bool> boolean() const noexcept;
    std::optional<std::uint64_t> unsigned_integer() const noexcept;
    std::optional<std::int64_t> integer() const noexcept;
    /// Any number.
    std::optional<double> real() const noexcept;
    std::optional<std::string_view> string() const noexcept;
    /// The member of an object; none as well if this is no object.
    std::optional<JsonValue> member(std::string_view name) const noexcept;

    /// Elements of an array or members of an object; 0 for everything else.
    std::size_t size() const noexcept;
    /// Visits in order until the visitor returns an error, and returns that. Nothing is visited if
    /// the kind is another.
    Result<void> for_each_member(
        const std::function<Result<void>(std::string_view, JsonValue)>& visit) const;
    Result<void> for_each_element(const std::function<Result<void>(JsonValue)>& visit) const;

    void write_to(JsonWriter& out) const;
    /// The value as JSON without white space.
    std::string to_text() const;

private:
    friend class JsonDocument;
    struct Access;
    // The parser's own handle: two words, opaque so that its header is included in one file only.
    alignas(void*) std::byte handle_[2 * sizeof(void*)] = {};
};

/// Strict JSON (RFC 8259) of at most json_bytes_max bytes, nested at most codec_depth_max deep, in
/// UTF-8, in which no object has the same name twice. Integers are exact from -2^63 to 2^64 - 1;
/// one beyond is refused.
class JsonDocument {
public:
    /// `malformed`: the byte and what is wrong there. `overloaded`: over json_bytes_max.
    static Result<JsonDocument> parse(std::string_view text);
    JsonDocument(JsonDocument&&) noexcept;
    JsonDocument& operator=(JsonDocument&&) noexcept;
    ~JsonDocument();

    JsonValue root() const noexcept;

private:
    struct Impl;
    explicit JsonDocument(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mycelium::codec
