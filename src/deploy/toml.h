// A TOML document as a tree in which every key and value knows where it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

namespace mycelium::deploy {

/// Counted from 1; 0: not known.
struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend bool operator==(const Position&, const Position&) = default;
};

struct TomlMember;

/// One value; a value.
struct TomlValue {
    enum class Kind : std::uint8_t { string, integer, real, boolean, array, table, time };
    Kind kind = Kind::table;
    Position at;       ///< of the value
    Position key_at;   ///< of its key, if it has one
    std::string text;  ///< of a string
    std::int64_t integer = 0;
    bool boolean = false;
    std::vector<TomlValue> elements;
    std::vector<TomlMember> members;  ///< in the order in which they stand
};
struct TomlMember {
    std::string name;
    TomlValue value;
};
/// "a string", "a table", ….
std::string_view describe(TomlValue::Kind kind) noexcept;

/// What is wrong, and where.
struct Mistake {
    Position at;
    std::string text;
};

inline constexpr std::size_t toml_bytes_max = std::size_t{1} << 20;

/// The document's table; or the first mistake of its syntax. Never throws.
struct ParsedToml {
    TomlValue table;
    std::vector<Mistake> mistakes;
};
ParsedToml parse_toml(std::string_view text) noexcept;

}  // namespace mycelium::deploy
