// Types that the room's tests share, one of every form, and bytes as text.
#pragma once

#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <unordered_map>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/tlv.h>

namespace mycelium {

// So that a failed comparison prints the error.
inline void PrintTo(const Error& error, std::ostream* out) { *out << error.to_string(); }

}  // namespace mycelium

namespace mycelium::for_tests {

inline std::string hex_of(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<unsigned>(b) >> 4];
        text += digits[std::to_integer<unsigned>(b) & 15];
    }
    return text;
}
/// Everything but pairs of hexadecimal digits is passed over.
inline std::vector<std::byte> bytes_of(std::string_view hex) {
    std::vector<std::byte> bytes;
    int high = -1;
    for (const char c : hex) {
        if (!std::isxdigit(static_cast<unsigned char>(c))) continue;
        const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (high >= 0) bytes.push_back(static_cast<std::byte>(high << 4 | digit));
        high = high >= 0 ? -1 : digit;
    }
    return bytes;
}
/// The error of what must have failed; an `internal` one if it succeeded.
template <class T>
Error error_of(const Result<T>& result) {
    return result ? Error{Errc::internal, "it succeeded"} : result.error();
}

enum class Side : std::uint8_t { buy, sell };
enum class Mood : std::int32_t { bad = -5, good = 70'000 };

struct Reading {
    std::uint64_t sequence = 0;
    double celsius = 0;
    friend bool operator==(const Reading&, const Reading&) = default;
};
MYCELIUM_FLAT(Reading, sequence, celsius);

struct Everything {
    std::uint64_t a = 0;
    std::int64_t b = 0;
    double c = 0;
    std::uint32_t d = 0;
    std::int32_t e = 0;
    float f = 0;
    std::uint16_t g = 0;
    std::int16_t h = 0;
    Reading nested[2];
    std::array<std::uint16_t, 3> list{};
    Side side = Side::buy;
    bool flag = false;
    char symbol[8] = {};
    std::array<std::byte, 6> id{};
    std::byte last{};
    std::int8_t tiny = 0;
};
MYCELIUM_FLAT(Everything, a, b, c, d, e, f, g, h, nested, list, side, flag, symbol, id, last, tiny);

/// Padded in memory, packed on the wire.
struct Swap {
    std::uint8_t pool = 0;
    std::int64_t amount = 0;
    bool is_final = false;
    std::uint32_t block = 0;
    friend bool operator==(const Swap&, const Swap&) = default;
};
MYCELIUM_TLV(Swap, 21, pool, amount, is_final, block);

struct Large {
    std::array<std::uint32_t, 100> values{};
    friend bool operator==(const Large&, const Large&) = default;
};
MYCELIUM_TLV(Large, 22, values);

struct Terms {
    std::uint32_t days = 30;
    std::string place;
    friend bool operator==(const Terms&, const Terms&) = default;
};
MYCELIUM_FIELDS(Terms, (1, days), (2, place));

struct Order {
    std::string symbol;
    std::int64_t quantity = 0;
    std::shared_ptr<const Terms> terms;
};
MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity), (3, terms));

/// Every kind of member.
struct Kinds {
    bool flag = false;
    std::int8_t i8 = 0;
    std::int16_t i16 = 0;
    std::int32_t i32 = 0;
    std::int64_t i64 = 0;
    std::uint8_t u8 = 0;
    std::uint16_t u16 = 0;
    std::uint32_t u32 = 0;
    std::uint64_t u64 = 0;
    float f32 = 0;
    double f64 = 0;
    Mood mood = Mood::good;
    std::string text;
    Bytes bytes;
    std::vector<std::byte> more_bytes;
    std::vector<std::string> list;
    std::vector<bool> flags;
    std::array<std::int16_t, 3> three{};
    std::array<std::byte, 4> id{};
    std::map<std::string, std::vector<std::uint32_t>> by_name;
    std::unordered_map<std::int32_t, double> by_number;
    std::optional<std::string> maybe;
    std::shared_ptr<const Terms> terms;
    std::unique_ptr<Reading> reading;
    Reading flat;
    Terms nested;
    std::vector<std::shared_ptr<const Kinds>> children;
    std::vector<std::optional<std::int32_t>> gaps;
};
MYCELIUM_FIELDS(Kinds, (1, flag), (2, i8), (3, i16), (4, i32), (5, i64), (6, u8), (7, u16),
                (8, u32), (9, u64), (10, f32), (11, f64), (12, mood), (13, text), (14, bytes),
                (15, more_bytes), (16, list), (17, flags), (18, three), (19, id), (20, by_name),
                (21, by_number), (22, maybe), (23, terms), (24, reading), (25, flat), (200, nested),
                (300, children), (301, gaps));

}  // namespace mycelium::for_tests
