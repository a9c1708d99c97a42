#include "apps/cli/text.h"

#include <array>
#include <cstdio>

namespace mycelium::cli {

namespace {

/// How many bytes of UTF-8 stand at the front of `text`, as one character; 0: none.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t index = 1; index < length; ++index)
        if ((byte(index) & 0xC0) != 0x80) return 0;
    // Overlong forms, surrogates, beyond U+10FFFF.
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
    return length;
}

void append_escape(std::string& line, unsigned char control) {
    if (control == '\n') {
        line += "\\n";
    } else if (control == '\t') {
        line += "\\t";
    } else if (control == '\r') {
        line += "\\r";
    } else {
        std::array<char, 5> hex{};
        std::snprintf(hex.data(), hex.size(), "\\x%02x", control);
        line += hex.data();
    }
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string line;
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t length = utf8_length(text);
        if (length == 0)
            line += '?';
        else if (first < 0x20 || first == 0x7F)
            append_escape(line, first);
        else if (first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)
            append_escape(line, static_cast<unsigned char>(text[1]));
        else
            line += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return line;
}

std::string printable(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0)
            clean += '?';
        else
            clean += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

}  // namespace mycelium::cli
