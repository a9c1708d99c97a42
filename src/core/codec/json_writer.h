// JsonWriter: one line of JSON, value by value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <mycelium/limits.h>
#include <mycelium/msgpack.h>
#include <mycelium/result.h>

namespace mycelium::codec {

/// Sets commas and escapes by itself; the caller pairs begins and ends. What JSON cannot say (NaN,
/// infinity, text that is not UTF-8) and what outgrows `bytes_max` is a failure: the first one
/// sticks, and take() returns it. One thread.
class JsonWriter {
public:
    explicit JsonWriter(std::size_t bytes_max = limits::json_bytes_max) noexcept
        : bytes_max_(bytes_max) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    /// The name of the member whose value comes next.
    JsonWriter& key(std::string_view name);

    JsonWriter& null() { return plain("null"); }
    JsonWriter& boolean(bool value) { return plain(value ? "true" : "false"); }
    template <msgpack::Integer I>
    JsonWriter& integer(I value) {
        return plain(std::to_string(value));
    }
    /// The shortest decimal that reads back as the same number.
    JsonWriter& real(double value);
    JsonWriter& real(float value);
    JsonWriter& string(std::string_view text);
    JsonWriter& base64(std::span<const std::byte> bytes);
    /// A value that is JSON already.
    JsonWriter& raw(std::string_view json) { return plain(json); }

    bool failed() const noexcept { return failure_.has_value(); }
    void fail(Error error) {
        if (!failure_) failure_ = std::move(error);
    }
    /// The text, and the writer is empty again.
    Result<std::string> take();

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    JsonWriter& plain(std::string_view text);
    void separate();
    bool has_room(std::size_t size);
    void quote(std::string_view text);
    template <class F>
    JsonWriter& shortest(F value);

    std::string text_;
    std::size_t bytes_max_;
    bool needs_comma_ = false;
    std::optional<Error> failure_;
};

}  // namespace mycelium::codec
