#include "core/codec/json_document.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "core/codec/json_scan.h"

namespace mycelium::codec {

namespace dom = simdjson::dom;

struct JsonValue::Access {
    static JsonValue from(const dom::element& element) noexcept {
        static_assert(sizeof(dom::element) == sizeof(JsonValue) &&
                      std::is_trivially_copyable_v<dom::element>);
        JsonValue value;
        std::memcpy(value.handle_, &element, sizeof element);
        return value;
    }
    static dom::element to(const JsonValue& value) noexcept {
        dom::element element;
        std::memcpy(static_cast<void*>(&element), value.handle_, sizeof element);
        return element;
    }
};

struct JsonDocument::Impl {
    dom::parser parser;
    JsonValue root;
};

namespace {

// The parser counts one level more than there are brackets.
constexpr std::size_t parser_depth = limits::codec_depth_max + 1;

Error malformed(std::string_view text, simdjson::error_code code) {
    const JsonFault fault = find_json_fault(text, limits::codec_depth_max);
    if (!fault.reason.empty())
        return {Errc::malformed,
                "JSON, byte " + std::to_string(fault.position) + ": " + std::string{fault.reason}};
    if (code == simdjson::UTF8_ERROR) return {Errc::malformed, "JSON: the text is not UTF-8"};
    if (code == simdjson::NUMBER_ERROR) return {Errc::malformed, "JSON: a number is out of range"};
    return {Errc::malformed, std::string{"JSON: "} + simdjson::error_message(code)};
}

Result<void> check_names(const dom::object& object) {
    std::vector<std::string_view> names;
    for (const auto member : object) names.push_back(member.key);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return {};
    return Error{Errc::malformed,
                 "JSON: the name '" + std::string{*twice} + "' stands twice in one object"};
}

// Recursion is bounded by the parser's depth, which does not count an innermost empty array or
// object.
Result<void> check(const dom::element& element, std::size_t depth) {
    const bool is_container = element.is_array() || element.is_object();
    if (is_container && depth == limits::codec_depth_max)
        return Error{Errc::malformed, "JSON: nested too deep"};
    if (element.is_array())
        for (const auto child : dom::array{element}) MYCELIUM_TRY(check(child, depth + 1));
    if (element.is_object()) {
        const dom::object object{element};
        MYCELIUM_TRY(check_names(object));
        for (const auto member : object) MYCELIUM_TRY(check(member.value, depth + 1));
    }
    return {};
}

void write(JsonWriter& out, const dom::element& element) {
    switch (element.type()) {
        case dom::element_type::NULL_VALUE:
            out.null();
            break;
        case dom::element_type::BOOL:
            out.boolean(bool{element});
            break;
        case dom::element_type::INT64:
            out.integer(std::int64_t{element});
            break;
        case dom::element_type::UINT64:
            out.integer(std::uint64_t{element});
            break;
        case dom::element_type::DOUBLE:
            out.real(double{element});
            break;
        case dom::element_type::STRING:
            out.string(std::string_view{element});
            break;
        case dom::element_type::ARRAY:
            out.begin_array();
            for (const auto child : dom::array{element}) write(out, child);
            out.end_array();
            break;
        case dom::element_type::OBJECT:
            out.begin_object();
            for (const auto member : dom::object{element}) {
                out.key(member.key);
                write(out, member.value);
            }
            out.end_object();
            break;
    }
}

template <class T>
std::optional<T> as(const dom::element& element) noexcept {
    T value;
    if (element.get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

}  // namespace

std::string_view name_of(JsonKind kind) noexcept {
    switch (kind) {
        case JsonKind::null:
            return "null";
        case JsonKind::boolean:
            return "a boolean";
        case JsonKind::integer:
            return "an integer";
        case JsonKind::real:
            return "a real number";
        case JsonKind::string:
            return "a string";
        case JsonKind::array:
            return "an array";
        case JsonKind::object:
            return "an object";
    }
    return "?";
}

JsonKind JsonValue::kind() const noexcept {
    switch (Access::to(*this).type()) {
        case dom::element_type::NULL_VALUE:
            return JsonKind::null;
        case dom::element_type::BOOL:
            return JsonKind::boolean;
        case dom::element_type::INT64:
        case dom::element_type::UINT64:
            return JsonKind::integer;
        case dom::element_type::DOUBLE:
            return JsonKind::real;
        case dom::element_type::STRING:
            return JsonKind::string;
        case dom::element_type::ARRAY:
            return JsonKind::array;
        case dom::element_type::OBJECT:
            return JsonKind::object;
    }
    return JsonKind::null;
}

std::optional<bool> JsonValue::boolean() const noexcept { return as<bool>(Access::to(*this)); }
std::optional<std::uint64_t> JsonValue::unsigned_integer() const noexcept {
    return as<std::uint64_t>(Access::to(*this));
}
std::optional<std::int64_t> JsonValue::integer() const noexcept {
    return as<std::int64_t>(Access::to(*this));
}
std::optional<double> JsonValue::real() const noexcept { return as<double>(Access::to(*this)); }
std::optional<std::string_view> JsonValue::string() const noexcept {
    return as<std::string_view>(Access::to(*this));
}

std::optional<JsonValue> JsonValue::member(std::string_view name) const noexcept {
    const auto object = as<dom::object>(Access::to(*this));
    if (!object) return std::nullopt;
    for (const auto member : *object)
        if (member.key == name) return Access::from(member.value);
    return std::nullopt;
}

std::size_t JsonValue::size() const noexcept {
    std::size_t count = 0;
    if (const auto array = as<dom::array>(Access::to(*this)))
        for ([[maybe_unused]] const auto child : *array) ++count;
    if (const auto object = as<dom::object>(Access::to(*this)))
        for ([[maybe_unused]] const auto member : *object) ++count;
    return count;
}

Result<void> JsonValue::for_each_member(
    const std::function<Result<void>(std::string_view, JsonValue)>& visit) const {
    if (const auto object = as<dom::object>(Access::to(*this)))
        for (const auto member : *object)
            MYCELIUM_TRY(visit(member.key, Access::from(member.value)));
    return {};
}

Result<void> JsonValue::for_each_element(
    const std::function<Result<void>(JsonValue)>& visit) const {
    if (const auto array = as<dom::array>(Access::to(*this)))
        for (const auto child : *array) MYCELIUM_TRY(visit(Access::from(child)));
    return {};
}

void JsonValue::write_to(JsonWriter& out) const { write(out, Access::to(*this)); }

std::string JsonValue::to_text() const {
    // What was parsed may be written: it is UTF-8, finite, and of bounded size.
    JsonWriter out{SIZE_MAX};
    write_to(out);
    return std::move(out).take().value();
}

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
    if (text.size() > limits::json_bytes_max)
        return Error{Errc::overloaded, "JSON of " + std::to_string(text.size()) +
                                           " bytes; at most " +
                                           std::to_string(limits::json_bytes_max) + " are read"};
    if (text.empty()) return Error{Errc::malformed, "JSON, byte 0: the text ends too early"};
    auto impl = std::make_unique<Impl>();
    constexpr std::size_t capacity_min = 64;
    auto code = impl->parser.allocate(std::max(text.size(), capacity_min), parser_depth);
    dom::element root;
    if (code == simdjson::SUCCESS)
        code = impl->parser.parse(text.data(), text.size(), true).get(root);
    if (code == simdjson::MEMALLOC) return Error{Errc::overloaded, "no memory to parse JSON"};
    if (code != simdjson::SUCCESS) return malformed(text, code);
    MYCELIUM_TRY(check(root, 0));
    impl->root = JsonValue::Access::from(root);
    return JsonDocument{std::move(impl)};
}

JsonDocument::JsonDocument(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;
JsonValue JsonDocument::root() const noexcept { return impl_->root; }

}  // namespace mycelium::codec
