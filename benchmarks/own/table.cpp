#include "benchmarks/own/table.h"

#include <algorithm>
#include <utility>

#include "benchmarks/own/machine.h"
#include "benchmarks/own/text.h"

namespace mycelium::bench {
namespace {

std::string text_of_figure(const Row& row, double figure) {
    if (row.unit == Unit::round_trip) return text_of_time(figure);
    if (row.unit == Unit::count) return text_of_number(figure);
    if (row.unit == Unit::memory) return text_of_memory(figure);
    return text_of_rate(figure, row.unit == Unit::hand_overs ? 0 : row.bytes);
}

std::string with_range(const std::string& median, const std::string& least,
                       const std::string& greatest) {
    return median + " (" + least + " – " + greatest + ")";
}

std::string text_of_spread(const Row& row, const Spread& spread) {
    return with_range(text_of_figure(row, spread.median), text_of_figure(row, spread.least),
                      text_of_figure(row, spread.greatest));
}

std::string text_of_cost(const Spread& cost) {
    if (cost.greatest == 0) return "none";
    return with_range(text_of_number(cost.median), text_of_number(cost.least),
                      text_of_number(cost.greatest));
}

/// Where the columns begin.
struct Columns {
    std::size_t row;
    std::size_t figure;
    std::size_t cost;
    std::size_t tail;
};
constexpr Columns narrow{32, 10, 21, 20};
constexpr Columns wide{34, 36, 22, 22};

void print_head(std::string& out, bool is_wide) {
    const Columns& columns = is_wide ? wide : narrow;
    out += padded("row", columns.row) +
           padded(is_wide ? "mycelium (min – max)" : "mycelium", columns.figure) +
           padded(is_wide ? "raw (min – max)" : "raw", columns.figure) +
           padded("cost: times raw", columns.cost) + padded("p99 / p99.9", columns.tail) +
           (is_wide ? "CPU per message, ours / raw\n" : "CPU\n");
}

void print_row(std::string& out, const Row& row, bool is_wide) {
    const Columns& columns = is_wide ? wide : narrow;
    const auto figure = [&](const std::vector<Measurement>& measurements) {
        const Spread spread = spread_of_figures(row.unit, measurements);
        const bool is_measured =
            spread.greatest > 0 || (is_amount(row.unit) && !measurements.empty());
        std::string text = !is_measured ? "none"
                           : is_wide    ? text_of_spread(row, spread)
                                        : text_of_figure(row, spread.median);
        return padded(std::move(text), columns.figure);
    };
    const auto time = [](const std::vector<Measurement>& measurements, auto member) {
        const double median = median_of(measurements, member);
        return median > 0 ? text_of_time(median) : std::string{"none"};
    };
    out += padded(row.name, columns.row) + figure(row.own) + figure(row.raw) +
           padded(text_of_cost(cost_of(row)), columns.cost);
    out += padded(row.unit == Unit::round_trip ? time(row.own, &Measurement::p99_ns) + " / " +
                                                     time(row.own, &Measurement::p999_ns)
                                               : "",
                  columns.tail);
    out += time(row.own, &Measurement::cpu_ns_per_message);
    if (is_wide) out += " / " + time(row.raw, &Measurement::cpu_ns_per_message);
    out += '\n';
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
    return floor.is_bytes ? text_of_byte_rate(value) : text_of_rate(value, 0);
}

}  // namespace

std::string table_of(const Report& report, bool is_wide) {
    std::string out = report.machine + "\n";
    if (report.foreign_load > ForeignLoad::too_much)
        print(out,
              "other programs used %.0f %% of the machine meanwhile: trust the ratios little, and "
              "the rest less\n",
              report.foreign_load * 100);
    print_head(out, is_wide);
    for (const Row& row : report.rows) print_row(out, row, is_wide);
    for (const Floor& floor : report.floors)
        out += padded("floor " + floor.name, 38) + padded(floor.row, 24) +
               padded(text_of_floor(floor, floor.figure) + (floor.is_time ? " < " : " > ") +
                          text_of_floor(floor, floor.limit),
                      24) +
               (floor.is_met() ? "met\n" : "missed\n");
    for (const Row& row : report.rows) {
        print_faults(out, row.name + " (raw)", row.raw);
        print_faults(out, row.name, row.own);
    }
    return out;
}

}  // namespace mycelium::bench
