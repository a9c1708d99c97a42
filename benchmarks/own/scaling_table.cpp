// The tables of a run, for people and as JSON.
#include <algorithm>
#include <cmath>
#include <utility>

#include "benchmarks/own/machine.h"
#include "benchmarks/own/scaling.h"
#include "benchmarks/own/text.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t column_width = 12;

Spread spread_of_figure(const ScalingRow& row, std::string_view name) {
    std::vector<double> values;
    for (const ScalingMeasurement& round : row.rounds)
        for (const Figure& figure : round.figures)
            if (figure.name == name) values.push_back(figure.value);
    return spread_of(std::move(values));
}

/// Those of the first round that came so far.
const std::vector<Figure>& figures_of(const ScalingRow& row) {
    static const std::vector<Figure> none;
    for (const ScalingMeasurement& round : row.rounds)
        if (!round.figures.empty()) return round.figures;
    return none;
}

std::string text_of_bytes(double bytes) {
    static constexpr const char* units[] = {" B", " KiB", " MiB", " GiB"};
    std::size_t unit = 0;
    for (; unit + 1 < std::size(units) && std::abs(bytes) >= 1024; ++unit) bytes /= 1024;
    return text_of_number(bytes) + units[unit];
}

std::string text_of(Scale scale, double value) {
    switch (scale) {
        case Scale::time:
            return text_of_time(value);
        case Scale::rate:
            return text_of_rate(value, 0);
        case Scale::bytes_per_second:
            return text_of_byte_rate(value);
        case Scale::bytes:
            return text_of_bytes(value);
        case Scale::count:
            return text_of_number(value);
        case Scale::fairness:
            break;
    }
    std::string text;
    print(text, "%.3f", value);
    return text;
}

std::size_t width_of(const Figure& figure) {
    return std::max(column_width, figure.name.size() + 2);
}

void print_row(std::string& out, const ScalingRow& row) {
    out +=
        padded(row.x_unit == "bytes" ? text_of_bytes(row.x) : text_of_number(row.x), column_width);
    for (const Figure& figure : figures_of(row))
        out += padded(text_of(figure.scale, spread_of_figure(row, figure.name).median),
                      width_of(figure));
    out += '\n';
}

void print_head(std::string& out, const ScalingRow& row) {
    out += "\n" + row.series + ": " + row.note + "\n" + padded(row.x_unit, column_width);
    for (const Figure& figure : figures_of(row)) out += padded(figure.name, width_of(figure));
    out += '\n';
}

void print_faults(std::string& out, const ScalingRow& row) {
    for (std::size_t round = 0; round < row.rounds.size(); ++round) {
        const ScalingMeasurement& measured = row.rounds[round];
        if (measured.is_good()) continue;
        print(out, "FAULT %s, round %zu: %llu lost, %llu wrong", row.name().c_str(), round + 1,
              static_cast<unsigned long long>(measured.lost),
              static_cast<unsigned long long>(measured.wrong));
        out += (measured.error.empty() ? "" : ": " + measured.error) + "\n";
    }
}

std::string json_of_point(const ScalingRow& row) {
    std::string out;
    print(out, "{\"x\":%.0f,\"rounds\":%zu,\"figures\":[", row.x, row.rounds.size());
    bool is_first = true;
    for (const Figure& figure : figures_of(row)) {
        if (!std::exchange(is_first, false)) out += ',';
        out += "{\"name\":" + quoted(figure.name) + ",\"unit\":" + quoted(unit_of(figure.scale)) +
               ",\"value\":" + json_of_spread(spread_of_figure(row, figure.name)) + "}";
    }
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::string errors;
    for (const ScalingMeasurement& round : row.rounds) {
        lost += round.lost;
        wrong += round.wrong;
        if (!round.error.empty()) errors += (errors.empty() ? "" : ",") + quoted(round.error);
    }
    print(out, "],\"lost\":%llu,\"wrong\":%llu,\"errors\":[", static_cast<unsigned long long>(lost),
          static_cast<unsigned long long>(wrong));
    return out + errors + "]}";
}

std::string json_of_names(const std::vector<std::string>& names) {
    std::string out = "[";
    for (const std::string& name : names) out += (out.size() == 1 ? "" : ",") + quoted(name);
    return out + "]";
}

}  // namespace

std::string table_of(const ScalingReport& report) {
    std::string out = report.machine + "\n";
    if (report.foreign_load > ForeignLoad::too_much)
        print(out, "other programs used %.0f %% of the machine meanwhile: trust nothing here\n",
              report.foreign_load * 100);
    std::string_view series;
    for (const ScalingRow& row : report.rows) {
        if (row.series != series) print_head(out, row);
        series = row.series;
        print_row(out, row);
    }
    out += '\n';
    for (const std::string& name : report.left_out)
        out += "left out, there are too few descriptors: " + name + "\n";
    const auto unfair = unfair_points(report);
    for (const std::string& name : unfair)
        print(out, "floor fairness > %.2f: missed by %s\n", fairness_min, name.c_str());
    if (unfair.empty()) print(out, "floor fairness > %.2f: met\n", fairness_min);
    for (const ScalingRow& row : report.rows) print_faults(out, row);
    return out;
}

std::string json_of(const ScalingReport& report) {
    std::string out = "{\"machine\":" + quoted(report.machine);
    print(out, ",\"foreign_load\":%.3f,\"series\":[", report.foreign_load);
    const ScalingRow* before = nullptr;
    for (const ScalingRow& row : report.rows) {
        if (before && before->series == row.series) {
            out += ',';
        } else {
            out += std::string{before ? "]}," : ""} + "{\"series\":" + quoted(row.series) +
                   ",\"x_unit\":" + quoted(row.x_unit) + ",\"note\":" + quoted(row.note) +
                   ",\"points\":[";
        }
        out += json_of_point(row);
        before = &row;
    }
    return out + (before ? "]}" : "") + "],\"left_out\":" + json_of_names(report.left_out) +
           ",\"unfair\":" + json_of_names(unfair_points(report)) + "}\n";
}

}  // namespace mycelium::bench
