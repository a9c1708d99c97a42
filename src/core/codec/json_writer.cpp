#include "core/codec/json_writer.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <simdjson.h>

#include "core/codec/base64.h"

namespace mycelium::codec {

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::real(double value) { return shortest(value); }
JsonWriter& JsonWriter::real(float value) { return shortest(value); }

JsonWriter& JsonWriter::string(std::string_view text) {
    separate();
    quote(text);
    return *this;
}

JsonWriter& JsonWriter::base64(std::span<const std::byte> bytes) {
    separate();
    if (!has_room(bytes.size() / 3 * 4 + 6)) return *this;
    text_ += '"';
    append_base64(text_, bytes);
    text_ += '"';
    return *this;
}

Result<std::string> JsonWriter::take() {
    needs_comma_ = false;
    std::string text = std::exchange(text_, {});
    if (auto failure = std::exchange(failure_, std::nullopt)) return *std::move(failure);
    return text;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    if (has_room(1)) text_ += bracket;
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    if (has_room(1)) text_ += bracket;
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::plain(std::string_view text) {
    separate();
    if (has_room(text.size())) text_ += text;
    return *this;
}

void JsonWriter::separate() {
    if (needs_comma_ && has_room(1)) text_ += ',';
    needs_comma_ = true;
}

bool JsonWriter::has_room(std::size_t size) {
    if (failure_) return false;
    if (text_.size() <= bytes_max_ && size <= bytes_max_ - text_.size()) return true;
    failure_ =
        Error{Errc::overloaded, "more than " + std::to_string(bytes_max_) + " bytes of JSON"};
    return false;
}

void JsonWriter::quote(std::string_view text) {
    if (!has_room(text.size() + 2)) return;
    if (!simdjson::validate_utf8(text.data(), text.size())) {
        failure_ = Error{Errc::unsupported, "text that is not UTF-8 has no form in JSON"};
        return;
    }
    constexpr std::string_view hex = "0123456789abcdef";
    text_ += '"';
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (text_ += '\\') += c;
        else if (code >= 0x20)
            text_ += c;
        else if (c == '\n')
            text_ += "\\n";
        else if (c == '\t')
            text_ += "\\t";
        else if (c == '\r')
            text_ += "\\r";
        else
            ((text_ += "\\u00") += hex[code >> 4]) += hex[code & 15];
    }
    text_ += '"';
}

template <class F>
JsonWriter& JsonWriter::shortest(F value) {
    if (!std::isfinite(value)) {
        fail({Errc::unsupported, "NaN and infinity have no form in JSON"});
        return *this;
    }
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    std::string_view text{digits, static_cast<std::size_t>(end - digits)};
    // A real number reads back as one, also in readers that tell 2 from 2.0.
    if (text.find_first_of(".e") != std::string_view::npos) return plain(text);
    return plain(std::string{text} + ".0");
}

}  // namespace mycelium::codec
