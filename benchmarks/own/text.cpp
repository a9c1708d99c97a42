#include "benchmarks/own/text.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace mycelium::bench {
namespace {

/// In one of the units, each a thousand times the one before.
std::string scaled(double value, const char* const (&units)[4]) {
    std::size_t unit = 0;
    for (; unit + 1 < 4 && value >= 1000; ++unit) value /= 1000;
    return text_of_number(value) + units[unit];
}

}  // namespace

void print(std::string& out, const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size > 0) out.append(line, std::min(static_cast<std::size_t>(size), sizeof line - 1));
}

std::string text_of_number(double value) {
    const int decimals = value >= 100 || value == std::floor(value) ? 0 : value >= 10 ? 1 : 2;
    std::string text;
    print(text, "%.*f", decimals, value);
    return text;
}

std::string text_of_memory(double bytes) { return scaled(bytes, {" B", " kB", " MB", " GB"}); }

std::string text_of_time(double ns) { return scaled(ns, {" ns", " µs", " ms", " s"}); }

std::string text_of_rate(double per_second, std::size_t bytes) {
    if (bytes >= 64 << 10) return text_of_byte_rate(per_second * static_cast<double>(bytes));
    return scaled(per_second, {" /s", " k/s", " M/s", " G/s"});
}

std::string text_of_byte_rate(double per_second) {
    return scaled(per_second, {" B/s", " kB/s", " MB/s", " GB/s"});
}

std::string padded(std::string text, std::size_t width) {
    const auto columns = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (columns < width) text.append(width - columns, ' ');
    return text;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            print(out, "\\u%04x", c);
        else
            out += c;
    }
    return out + "\"";
}

std::string json_of_spread(const Spread& spread) {
    std::string out;
    print(out, "{\"median\":%.6g,\"min\":%.6g,\"max\":%.6g}", spread.median, spread.least,
          spread.greatest);
    return out;
}

}  // namespace mycelium::bench
