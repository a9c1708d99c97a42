#include "apps/cli/roff.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace mycelium::cli::roff {

namespace {

/// The character that `text` begins with, and how many bytes it has; no UTF-8: '?' and 1.
struct Character {
    std::uint32_t number;
    std::size_t bytes;
};

Character first_of(std::string_view text) {
    const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte_at(0);
    const std::size_t bytes = first < 0x80                     ? 1
                              : first >= 0xc2 && first <= 0xdf ? 2
                              : first >= 0xe0 && first <= 0xef ? 3
                              : first >= 0xf0 && first <= 0xf4 ? 4
                                                               : 0;
    if (bytes == 0 || bytes > text.size()) return {'?', 1};
    std::uint32_t number = bytes == 1 ? first : first & (0x7fU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte_at(i) & 0xc0) != 0x80) return {'?', 1};
        number = number << 6 | (byte_at(i) & 0x3fU);
    }
    return {number, bytes};
}

std::string escape_of(std::uint32_t character) {
    switch (character) {
        case '\\':
            return "\\e";
        case '-':
            return "\\-";  // else it becomes a hyphen, which no shell understands
        case '\'':
            return "\\(aq";
        case '`':
            return "\\(ga";
        case '^':
            return "\\(ha";
        case '~':
            return "\\(ti";
        default:
            break;
    }
    if (character < 0x80) return {static_cast<char>(character)};
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "\\[u%04X]", character);
    return name.data();
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string result;
    if (text.starts_with('.')) result = "\\&";  // else it would be a macro
    while (!text.empty()) {
        const Character character = first_of(text);
        result += escape_of(character.number);
        text.remove_prefix(character.bytes);
    }
    return result;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string macro(std::string_view name, std::string_view argument) {
    std::string quoted;
    for (const char letter : argument) quoted.append(letter == '"' ? "\"\"" : std::string{letter});
    return "." + std::string{name} + " \"" + escaped(quoted) + "\"\n";
}

}  // namespace mycelium::cli::roff
