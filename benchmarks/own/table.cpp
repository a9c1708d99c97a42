#include "benchmarks/own/table.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "benchmarks/own/machine.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t row_width = 34;

/// Appends, as printf would print; at most 512 bytes at once.
[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size > 0) out.append(line, std::min(static_cast<std::size_t>(size), sizeof line - 1));
}

/// With three digits that count and one of the units, each a thousand times the one before.
std::string scaled(double value, const char* const (&units)[4]) {
    std::size_t unit = 0;
    for (; unit + 1 < 4 && value >= 1000; ++unit) value /= 1000;
    const int decimals = value >= 100 || value == std::floor(value) ? 0 : value >= 10 ? 1 : 2;
    std::string text;
    print(text, "%.*f%s", decimals, value, units[unit]);
    return text;
}

std::string text_of_bytes(double per_second) {
    return scaled(per_second, {" B/s", " kB/s", " MB/s", " GB/s"});
}

std::string text_of_figure(const Row& row, double figure) {
    if (row.unit == Unit::round_trip) return text_of_time(figure);
    return text_of_rate(figure, row.unit == Unit::hand_overs ? 0 : row.bytes);
}

std::string with_range(const std::string& median, const std::string& least,
                       const std::string& greatest) {
    return median + " (" + least + " – " + greatest + ")";
}

std::string text_of_spread(const Row& row, const Spread& spread) {
    if (spread.greatest == 0) return "none";
    return with_range(text_of_figure(row, spread.median), text_of_figure(row, spread.least),
                      text_of_figure(row, spread.greatest));
}

template <class Member>
double median_of(const std::vector<Measurement>& measurements, Member member) {
    std::vector<double> values;
    for (const Measurement& measurement : measurements)
        if (measurement.is_good()) values.push_back(measurement.*member);
    return spread_of(std::move(values)).median;
}

/// Fills up with blanks to `width` columns; a byte that continues a UTF-8 character is none.
std::string padded(std::string text, std::size_t width) {
    const auto columns = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (columns < width) text.append(width - columns, ' ');
    return text;
}

std::string text_of_cost(const Spread& cost) {
    if (cost.greatest == 0) return "none";
    std::string text;
    print(text, "%.2f (%.2f – %.2f)", cost.median, cost.least, cost.greatest);
    return text;
}

void print_row(std::string& out, const Row& row) {
    out += padded(row.name, row_width) +
           padded(text_of_spread(row, spread_of_figures(row.unit, row.own)), 36) +
           padded(text_of_spread(row, spread_of_figures(row.unit, row.raw)), 36) +
           padded(text_of_cost(cost_of(row)), 22);
    if (row.unit == Unit::round_trip)
        out += padded(text_of_time(median_of(row.own, &Measurement::p99_ns)) + " / " +
                          text_of_time(median_of(row.own, &Measurement::p999_ns)),
                      20);
    else
        out += padded("", 20);
    out += text_of_time(median_of(row.own, &Measurement::cpu_ns_per_message)) + " / " +
           text_of_time(median_of(row.raw, &Measurement::cpu_ns_per_message)) + "\n";
}

void print_faults(std::string& out, const std::string& name,
                  const std::vector<Measurement>& measurements) {
    for (std::size_t round = 0; round < measurements.size(); ++round) {
        const Measurement& measured = measurements[round];
        if (measured.is_good()) continue;
        print(out, "FAULT %s, round %zu: %llu lost, %llu wrong, %llu counted%s%s\n", name.c_str(),
              round + 1, static_cast<unsigned long long>(measured.lost),
              static_cast<unsigned long long>(measured.wrong),
              static_cast<unsigned long long>(measured.messages),
              measured.error.empty() ? "" : ": ", measured.error.c_str());
    }
}

std::string text_of_floor(const Floor& floor, double value) {
    if (floor.is_time) return text_of_time(value);
    return floor.is_bytes ? text_of_bytes(value) : text_of_rate(value, 0);
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

std::string json_of_measurements(const Row& row, const std::vector<Measurement>& measurements) {
    std::string out = "{\"figure\":" + json_of_spread(spread_of_figures(row.unit, measurements));
    print(out, ",\"p99_ns\":%.6g,\"p999_ns\":%.6g,\"cpu_ns_per_message\":%.6g",
          median_of(measurements, &Measurement::p99_ns),
          median_of(measurements, &Measurement::p999_ns),
          median_of(measurements, &Measurement::cpu_ns_per_message));
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::string errors;
    for (const Measurement& measured : measurements) {
        lost += measured.lost;
        wrong += measured.wrong;
        if (measured.error.empty()) continue;
        if (!errors.empty()) errors += ',';
        errors += quoted(measured.error);
    }
    print(out, ",\"lost\":%llu,\"wrong\":%llu,\"errors\":[", static_cast<unsigned long long>(lost),
          static_cast<unsigned long long>(wrong));
    return out + errors + "]}";
}

}  // namespace

std::string text_of_time(double ns) { return scaled(ns, {" ns", " µs", " ms", " s"}); }

std::string text_of_rate(double per_second, std::size_t bytes) {
    if (bytes >= 64 << 10) return text_of_bytes(per_second * static_cast<double>(bytes));
    return scaled(per_second, {" /s", " k/s", " M/s", " G/s"});
}

std::string table_of(const Report& report) {
    std::string out = report.machine + "\n";
    if (report.foreign_load > ForeignLoad::too_much)
        print(out,
              "other programs used %.0f %% of the machine meanwhile: trust the ratios little, and "
              "the rest less\n",
              report.foreign_load * 100);
    out += padded("row", row_width) + padded("mycelium (min – max)", 36) +
           padded("raw (min – max)", 36) + padded("cost: times raw", 22) +
           padded("p99 / p99.9", 20) + "CPU per message, ours / raw\n";
    for (const Row& row : report.rows) print_row(out, row);
    for (const Floor& floor : report.floors)
        out += padded("floor " + floor.name, 40) + padded(floor.row, 24) +
               padded(text_of_floor(floor, floor.figure) + (floor.is_time ? " < " : " > ") +
                          text_of_floor(floor, floor.limit),
                      28) +
               (floor.is_met() ? "met\n" : "missed\n");
    for (const Row& row : report.rows) {
        print_faults(out, row.name + " (raw)", row.raw);
        print_faults(out, row.name, row.own);
    }
    return out;
}

std::string json_of(const Report& report) {
    std::string out = "{\"machine\":" + quoted(report.machine);
    print(out, ",\"foreign_load\":%.3f,\"rows\":[", report.foreign_load);
    for (const Row& row : report.rows) {
        if (&row != report.rows.data()) out += ',';
        print(out,
              "{\"row\":%s,\"unit\":\"%s\",\"bytes\":%zu,\"rounds\":%zu,\"baseline\":%s,\"own\":",
              quoted(row.name).c_str(), row.unit == Unit::round_trip ? "ns" : "messages/s",
              row.bytes, row.own.size(), quoted(row.baseline).c_str());
        out += json_of_measurements(row, row.own) +
               ",\"raw\":" + json_of_measurements(row, row.raw) +
               ",\"cost\":" + json_of_spread(cost_of(row)) + "}";
    }
    out += "],\"floors\":[";
    for (const Floor& floor : report.floors) {
        if (&floor != report.floors.data()) out += ',';
        print(out,
              "{\"floor\":%s,\"row\":%s,\"unit\":\"%s\",\"limit\":%.6g,\"figure\":%.6g,\"met\":%s}",
              quoted(floor.name).c_str(), quoted(floor.row).c_str(),
              floor.is_time    ? "ns"
              : floor.is_bytes ? "bytes/s"
                               : "messages/s",
              floor.limit, floor.figure, floor.is_met() ? "true" : "false");
    }
    return out + "]}\n";
}

}  // namespace mycelium::bench
