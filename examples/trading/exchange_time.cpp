#include "exchange_time.h"

#include <chrono>
#include <cstdio>
#include <optional>

namespace trading {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";  // d: any digit
constexpr int year_max = 2261;  // the last full one in 63 bits of nanoseconds

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_form(std::string_view text) {
    if (text.size() <= form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) return false;
    return true;
}

int number(std::string_view digits) {
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

/// ".012637Z" or "Z" as nanoseconds.
std::optional<std::uint64_t> fraction_ns(std::string_view text) {
    if (text == "Z") return 0;
    if (text.size() < 3 || text.size() > 11 || text.front() != '.' || text.back() != 'Z') return {};
    std::uint64_t value = 0;
    std::uint64_t unit = second_ns;
    for (const char c : text.substr(1, text.size() - 2)) {
        if (!is_digit(c)) return {};
        unit /= 10;
        value += static_cast<std::uint64_t>(c - '0') * unit;
    }
    return value;
}

}  // namespace

mycelium::Result<std::uint64_t> parse_exchange_time(std::string_view text) {
    const mycelium::Error refusal{mycelium::Errc::malformed,
                                  "time is not of the form 2025-08-22T20:11:30.012637Z"};
    if (!has_form(text)) return refusal;
    const auto fraction = fraction_ns(text.substr(form.size()));
    const int year = number(text.substr(0, 4));
    const chrono::year_month_day date{
        chrono::year{year}, chrono::month{static_cast<unsigned>(number(text.substr(5, 2)))},
        chrono::day{static_cast<unsigned>(number(text.substr(8, 2)))}};
    const int hour = number(text.substr(11, 2));
    const int minute = number(text.substr(14, 2));
    const int second = number(text.substr(17, 2));
    if (!fraction || !date.ok() || year < 1970 || year > year_max || hour > 23 || minute > 59 ||
        second > 59)
        return refusal;
    const auto days = static_cast<std::uint64_t>(chrono::sys_days{date}.time_since_epoch().count());
    const auto seconds = static_cast<std::uint64_t>((hour * 60 + minute) * 60 + second);
    return (days * 86'400 + seconds) * second_ns + *fraction;
}

std::string format_exchange_time(std::uint64_t time_ns) {
    const std::uint64_t seconds = time_ns / second_ns;
    const chrono::year_month_day date{
        chrono::sys_days{chrono::days{static_cast<int>(seconds / 86'400)}}};
    const auto clock = static_cast<unsigned>(seconds % 86'400);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02u:%02u:%02u.%06uZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), clock / 3600, clock / 60 % 60, clock % 60,
                  static_cast<unsigned>(time_ns % second_ns / microsecond_ns));
    return text;
}

}  // namespace trading
