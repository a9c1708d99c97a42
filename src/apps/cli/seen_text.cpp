#include "apps/cli/seen_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "apps/cli/text.h"
#include "core/wire/hello.h"

namespace mycelium::cli {

namespace {

/// Three significant digits.
std::string digits(double value) {
    std::array<char, 32> text{};
    const int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    std::snprintf(text.data(), text.size(), "%.*f", places, value);
    return text.data();
}

std::string scaled(double value, double step, std::string_view first,
                   std::initializer_list<std::string_view> units) {
    if (value < 999.5) {
        std::array<char, 32> text{};
        const bool is_whole = value == std::floor(value) || value >= 99.5;
        std::snprintf(text.data(), text.size(), is_whole ? "%.0f" : "%.1f", value);
        return text.data() + std::string{first};
    }
    std::string_view unit;
    for (const std::string_view next : units) {
        if (value < 999.5) break;
        value /= step;
        unit = next;
    }
    return digits(value) + std::string{unit};
}

std::size_t characters_of(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char byte : text) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    return count;
}

std::string cut(std::string text, std::size_t width) {
    if (characters_of(text) <= width) return text;
    std::size_t bytes = 0;
    for (std::size_t count = 0; bytes < text.size(); ++bytes) {
        const bool begins = (static_cast<unsigned char>(text[bytes]) & 0xC0) != 0x80;
        if (begins && ++count == width) break;
    }
    text.resize(bytes);
    return text + "…";
}

std::string who(const fabric::SeenLink& link) {
    std::string text = link.peer.empty() ? "somebody without a name" : one_line(link.peer);
    if (link.peer_pid != 0) text += " (pid " + std::to_string(link.peer_pid) + ")";
    return text;
}

std::string sum_of(const fabric::SeenLink& link) {
    return std::to_string(link.delivered) + " delivered + " + std::to_string(link.dropped_total()) +
           " dropped + " + std::to_string(link.in_flight()) + " in flight";
}

}  // namespace

std::string short_number(double value) { return scaled(value, 1000, "", {"k", "M", "G", "T"}); }
std::string short_bytes(double bytes) {
    return scaled(bytes, 1000, " B", {" kB", " MB", " GB", " TB"});
}
std::string short_time(std::uint64_t ns) {
    const auto value = static_cast<double>(ns);
    if (value < 999.5e9) return scaled(value, 1000, " ns", {" µs", " ms", " s"});
    return std::to_string(ns / 60'000'000'000) + " min";
}

std::string fit(std::string_view text, std::size_t width) {
    std::string line = cut(one_line(text), width);
    line.append(width - std::min(width, characters_of(line)), ' ');
    return line;
}

std::string fit_right(std::string_view text, std::size_t width) {
    const std::string line = cut(one_line(text), width);
    return std::string(width - std::min(width, characters_of(line)), ' ') + line;
}

std::string describe(const fabric::SeenPort& port) {
    std::string text{name_of(port.pattern)};
    const bool reads = port.reads();
    if (port.type == "any")
        text += reads ? " to any type" : " of any type";
    else if (!port.type.empty())
        text += (reads ? " to " : " of ") + one_line(port.type);
    if (!port.answer.empty()) text += " → " + one_line(port.answer);
    return text + " at " + (port.urls.empty() ? "no place yet" : one_line(port.urls));
}

std::string describe(const fabric::SeenPort& port, const fabric::SeenLink& link) {
    const bool is_call = !port.writes() && !port.reads();
    std::string text = (port.reads()    ? "from "
                        : port.writes() ? "to "
                                        : "with ") +
                       who(link) + " over " + one_line(link.transport);
    if (!is_call) text += ", " + std::string{name_of(link.policy)};
    if (link.is_demoted) text += ", demoted: too slow";
    return text;
}

std::string describe(const std::array<std::uint64_t, drop_reason_count>& dropped) {
    std::uint64_t sum = 0;
    std::string reasons;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        sum += dropped[i];
        if (dropped[i] == 0) continue;
        reasons += (reasons.empty() ? "" : ", ") + std::to_string(dropped[i]) + " " +
                   std::string{name_of(static_cast<DropReason>(i))};
    }
    return std::to_string(sum) + (reasons.empty() ? "" : " (" + reasons + ")");
}

std::string ledger_line(const fabric::SeenLink& link, bool is_port_steady) {
    const std::int64_t difference = link.imbalance();
    const std::string sent = std::to_string(link.sent) + " sent";
    if (difference == 0) return "✓ " + sent + " = " + sum_of(link);
    if (!link.is_steady || !is_port_steady)
        return "… " + sent + ", " + sum_of(link) + ": caught while it was counting";
    if (difference > 0)
        return "✗ " + sent + " = " + sum_of(link) + " + " + std::to_string(difference) +
               " lost uncounted";
    return "✗ " + sent + " = " + sum_of(link) + " − " +
           std::to_string(0 - static_cast<std::uint64_t>(difference)) + " counted twice";
}

}  // namespace mycelium::cli
