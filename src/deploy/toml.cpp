#include "deploy/toml.h"

// The one file that knows the library: it takes seconds to compile, and its own errors.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16  // with dots_per_line_max: what recursion may cost
#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace mycelium::deploy {

namespace {

// Each dot of a key is one level of the tree, and the library recurses.
constexpr std::uint32_t dots_per_line_max = 300;

std::optional<Mistake> too_deep(std::string_view text) {
    Position at{1, 0};
    std::uint32_t dots = 0;
    for (const char c : text) {
        ++at.column;
        if (c == '.' && ++dots > dots_per_line_max)
            return Mistake{
                at, "a line has at most " + std::to_string(dots_per_line_max) + " dots; break it"};
        if (c != '\n') continue;
        ++at.line;
        at.column = dots = 0;
    }
    return std::nullopt;
}

Position position_of(const toml::source_region& region) noexcept {
    return {static_cast<std::uint32_t>(region.begin.line),
            static_cast<std::uint32_t>(region.begin.column)};
}

TomlValue value_of(const toml::node& node);

TomlValue table_of(const toml::table& table) {
    TomlValue value;
    for (auto&& [key, node] : table) {
        TomlValue member = value_of(node);
        member.key_at = position_of(key.source());
        value.members.push_back({std::string{key.str()}, std::move(member)});
    }
    // The library sorts by name; people count on the order in which they wrote.
    std::stable_sort(value.members.begin(), value.members.end(), [](const auto& a, const auto& b) {
        const Position& x = a.value.key_at;
        const Position& y = b.value.key_at;
        return x.line != y.line ? x.line < y.line : x.column < y.column;
    });
    return value;
}

TomlValue array_of(const toml::array& array) {
    TomlValue value;
    value.kind = TomlValue::Kind::array;
    for (const toml::node& node : array) value.elements.push_back(value_of(node));
    return value;
}

TomlValue value_of(const toml::node& node) {
    TomlValue value;
    if (const auto* table = node.as_table()) {
        value = table_of(*table);
    } else if (const auto* array = node.as_array()) {
        value = array_of(*array);
    } else if (const auto* text = node.as_string()) {
        value.kind = TomlValue::Kind::string;
        value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.kind = TomlValue::Kind::integer;
        value.integer = integer->get();
    } else if (const auto* boolean = node.as_boolean()) {
        value.kind = TomlValue::Kind::boolean;
        value.boolean = boolean->get();
    } else {
        value.kind = node.is_floating_point() ? TomlValue::Kind::real : TomlValue::Kind::time;
    }
    value.at = position_of(node.source());
    return value;
}

}  // namespace

std::string_view describe(TomlValue::Kind kind) noexcept {
    switch (kind) {
        case TomlValue::Kind::string:
            return "a string";
        case TomlValue::Kind::integer:
            return "a whole number";
        case TomlValue::Kind::real:
            return "a number with a fraction";
        case TomlValue::Kind::boolean:
            return "true or false";
        case TomlValue::Kind::array:
            return "a list";
        case TomlValue::Kind::table:
            return "a table";
        case TomlValue::Kind::time:
            return "a date or time";
    }
    return "something else";
}

ParsedToml parse_toml(std::string_view text) noexcept {
    ParsedToml parsed;
    try {
        if (text.size() > toml_bytes_max) {
            parsed.mistakes.push_back({{}, "the file is larger than 1 MiB"});
            return parsed;
        }
        if (auto mistake = too_deep(text)) {
            parsed.mistakes.push_back(*std::move(mistake));
            return parsed;
        }
        const toml::parse_result result = toml::parse(text);
        if (result)
            parsed.table = table_of(result.table());
        else
            parsed.mistakes.push_back(
                {position_of(result.error().source()), std::string{result.error().description()}});
    } catch (const std::exception& error) {  // out of memory
        parsed.mistakes.push_back({{}, error.what()});
    }
    return parsed;
}

}  // namespace mycelium::deploy
