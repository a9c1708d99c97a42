#include "base/utf8.h"

namespace mycelium::base {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

std::size_t length_by_first(unsigned char first) noexcept {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return 2;  // 0xc0 and 0xc1 would be overlong
    if (first >= 0xe0 && first < 0xf0) return 3;
    if (first >= 0xf0 && first < 0xf5) return 4;
    return 0;
}

/// Of the character that the text begins with; 0: it begins with none.
std::size_t character_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = length_by_first(byte(0));
    if (length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const bool is_overlong =
        (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
    const bool is_surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
    const bool is_too_large = byte(0) == 0xf4 && byte(1) >= 0x90;
    return is_overlong || is_surrogate || is_too_large ? 0 : length;
}

}  // namespace

std::string valid_utf8(std::string_view text, std::size_t bytes_max) {
    std::string valid;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const std::string_view character = length == 0 ? replacement : text.substr(0, length);
        if (valid.size() + character.size() > bytes_max) break;
        valid += character;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return valid;
}

}  // namespace mycelium::base
