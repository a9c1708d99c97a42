// Text: numbers into strings, as printf does it.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>

namespace trading {

/// At most 511 characters.
[[gnu::format(printf, 1, 2)]] inline std::string formatted(const char* format, ...) {
    char text[512];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return text;
}

inline unsigned long long number(std::uint64_t value) noexcept { return value; }

}  // namespace trading
