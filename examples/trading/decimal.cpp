#include "decimal.h"

#include <cstddef>
#include <limits>

namespace trading {
namespace {

constexpr std::size_t decimals = 8;

mycelium::Error refusal(std::string_view text, std::string_view why) {
    constexpr std::size_t shown_max = 40;
    std::string message{"\""};
    message.append(text.substr(0, shown_max)).append("\" ").append(why);
    return {mycelium::Errc::malformed, message};
}

}  // namespace

mycelium::Result<std::int64_t> parse_decimal(std::string_view text) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction =
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() || (fraction.empty() && point != std::string_view::npos))
        return refusal(text, "is not a decimal number");
    if (fraction.size() > decimals) return refusal(text, "has more than 8 decimals");

    std::int64_t value = 0;
    const auto append = [&value](char digit) {
        return !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, digit - '0', &value);
    };
    for (const std::string_view part : {whole, fraction})
        for (const char c : part) {
            if (c < '0' || c > '9') return refusal(text, "is not a decimal number");
            if (!append(c)) return refusal(text, "is too large");
        }
    for (std::size_t i = fraction.size(); i < decimals; ++i)
        if (!append('0')) return refusal(text, "is too large");
    return value;
}

std::string format_decimal(std::int64_t value) {
    constexpr std::size_t decimals_min = 2;
    // The magnitude as unsigned, so that the smallest number has one too.
    const auto magnitude =
        value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    std::string fraction = std::to_string(magnitude % decimal_one);
    fraction.insert(0, decimals - fraction.size(), '0');
    while (fraction.size() > decimals_min && fraction.back() == '0') fraction.pop_back();
    return (value < 0 ? "-" : "") + std::to_string(magnitude / decimal_one) + "." + fraction;
}

}  // namespace trading
