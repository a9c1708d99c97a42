#include "base/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include <mycelium/bytes.h>

namespace mycelium::base {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t size;
};

constexpr std::array<Unit, 6> time_units{{{"h", 3'600'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"s", 1'000'000'000},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};
constexpr std::array<Unit, 8> size_units{{{"GiB", GiB},
                                          {"MiB", MiB},
                                          {"KiB", KiB},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1'000},
                                          {"B", 1},
                                          {"", 1}}};
constexpr double duration_ns_max = 100 * 365 * 24 * 3.6e12;
constexpr double size_max = 0x1p53;

/// The number at the front of `text` times the unit behind it; none: no such number or no such
/// unit.
std::optional<double> measured(std::string_view text, std::span<const Unit> units) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units)
        if (unit.name == name) return number * static_cast<double>(unit.size);
    return name.empty() && number == 0 ? std::optional{0.0} : std::nullopt;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    const auto ns = measured(text, time_units);
    if (!ns || *ns > duration_ns_max)
        return Error{Errc::invalid,
                     "'" + std::string{text} + "' is not a duration: write 200ms, 5s or 1m"};
    return Duration{std::llround(*ns)};
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto bytes = measured(text, size_units);
    if (!bytes || *bytes > size_max || *bytes != std::floor(*bytes))
        return Error{Errc::invalid,
                     "'" + std::string{text} + "' is not a size: write 4096, 64KiB or 10MiB"};
    return static_cast<std::uint64_t>(*bytes);
}

std::string text_of(Duration duration) {
    const auto ns = static_cast<std::uint64_t>(duration.count());
    if (ns == 0) return "0s";
    for (const Unit& unit : time_units)
        if (ns % unit.size == 0) return std::to_string(ns / unit.size) + std::string{unit.name};
    return std::to_string(ns) + "ns";
}

std::string text_of_size(std::uint64_t bytes) {
    for (const Unit& unit : std::span{size_units}.first(3))
        if (bytes != 0 && bytes % unit.size == 0)
            return std::to_string(bytes / unit.size) + std::string{unit.name};
    return count_of(bytes, "byte");
}

std::string count_of(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string{noun} + (count == 1 ? "" : "s");
}

}  // namespace mycelium::base
