#include "benchmarks/rivals/report.h"

#include <algorithm>

#include "benchmarks/own/machine.h"
#include "benchmarks/own/text.h"

namespace mycelium::bench {
namespace {

/// "round-trip/unix/64B" of "round-trip/unix/64B/zeromq".
std::string contest_of(const Row& row) { return row.name.substr(0, row.name.rfind('/')); }
std::string name_in_contest(const Row& row) { return row.name.substr(row.name.rfind('/') + 1); }

/// Mycelium's first row of the same contest; null: the filter left it out.
const Row* reference_of(const Row& row, const std::vector<Row>& rows) {
    for (const Row& other : rows)
        if (contest_of(other) == contest_of(row) && name_in_contest(other).starts_with("mycelium"))
            return &other;
    return nullptr;
}

std::string text_of_figure(const Row& row, double figure) {
    if (figure <= 0) return "none";
    if (row.unit == Unit::round_trip) return text_of_time(figure);
    return text_of_rate(figure, row.unit == Unit::hand_overs ? 0 : row.bytes);
}

std::string text_of(const Row& row, const std::vector<Measurement>& measurements, bool is_wide) {
    const Spread spread = spread_of_figures(row.unit, measurements);
    std::string text = text_of_figure(row, spread.median);
    if (is_wide && spread.greatest > 0)
        text += " (" + text_of_figure(row, spread.least) + " – " +
                text_of_figure(row, spread.greatest) + ")";
    return text;
}

/// With three digits that count, as far as there are so many.
std::string text_of_ratio(double ratio) {
    std::string text;
    print(text, "%.*f", ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2, ratio);
    return text;
}

std::string text_of_ratio(const Spread& spread) {
    if (spread.greatest <= 0) return {};
    return text_of_ratio(spread.median) + " (" + text_of_ratio(spread.least) + " – " +
           text_of_ratio(spread.greatest) + ")";
}

std::string text_of_time_or_nothing(double ns) { return ns > 0 ? text_of_time(ns) : ""; }

/// Fills up with blanks, at least one; a byte that continues a UTF-8 character is no column.
void cell(std::string& out, const std::string& text, std::size_t width) {
    const auto columns = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    out += text;
    out.append(columns < width ? width - columns : 1, ' ');
}

void print_line(std::string& out, const std::string& name, const Row& row,
                const std::vector<Measurement>& measurements, const std::string& against_mycelium,
                const std::string& against_raw, bool is_wide) {
    cell(out, "  " + name, 20);
    cell(out, text_of(row, measurements, is_wide), is_wide ? 36 : 12);
    cell(out, against_mycelium, 24);
    cell(out, against_raw, 24);
    const double p99 = median_of(measurements, &Measurement::p99_ns);
    cell(out, text_of_time_or_nothing(p99), 10);
    out +=
        text_of_time_or_nothing(median_of(measurements, &Measurement::cpu_ns_per_message)) + "\n";
}

void print_faults(std::string& out, const std::string& name,
                  const std::vector<Measurement>& measurements) {
    for (std::size_t round = 0; round < measurements.size(); ++round) {
        const Measurement& measured = measurements[round];
        if (measured.is_good()) continue;
        print(out, "FAULT %s, round %zu: %llu lost, %llu wrong, %llu counted; ", name.c_str(),
              round + 1, static_cast<unsigned long long>(measured.lost),
              static_cast<unsigned long long>(measured.wrong),
              static_cast<unsigned long long>(measured.messages));
        out += measured.error + "\n";
    }
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

Spread times_mycelium(const Row& mycelium, const Row& row) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(mycelium.own.size(), row.own.size()); ++i) {
        const double ours = figure_of(row.unit, mycelium.own[i]);
        const double theirs = figure_of(row.unit, row.own[i]);
        if (ours <= 0 || theirs <= 0) continue;
        ratios.push_back(row.unit == Unit::round_trip ? theirs / ours : ours / theirs);
    }
    return spread_of(std::move(ratios));
}

std::string rivals_table_of(const Report& report, const std::vector<Rival>& rivals, bool is_wide) {
    std::string out = report.machine + "\n";
    if (report.foreign_load > ForeignLoad::too_much)
        print(out,
              "other programs used %.0f %% of the machine meanwhile: trust nothing here much\n",
              report.foreign_load * 100);
    cell(out, "", 20);
    cell(out, "figure", is_wide ? 36 : 12);
    cell(out, "cost: times Mycelium's", 24);
    cell(out, "cost: times raw", 24);
    cell(out, "p99", 10);
    out += "CPU per message\n";
    std::string contest;
    for (const Row& row : report.rows) {
        if (contest_of(row) != contest) {
            contest = contest_of(row);
            out += contest + "    raw: " + row.baseline + "\n";
            print_line(out, "raw", row, row.raw, "", "", is_wide);
        }
        const Row* mycelium = reference_of(row, report.rows);
        const std::string against_mycelium =
            mycelium && mycelium != &row ? text_of_ratio(times_mycelium(*mycelium, row)) : "";
        print_line(out, name_in_contest(row), row, row.own, against_mycelium,
                   text_of_ratio(cost_of(row)), is_wide);
    }
    for (const Rival& rival : rivals)
        out += rival.name + " " + rival.version + ": " + rival.how + "\n";
    for (const std::string& name : rivals_left_out())
        out += name + ": not installed when this was built, and left out\n";
    contest.clear();
    for (const Row& row : report.rows) {
        if (contest_of(row) != contest) print_faults(out, contest_of(row) + "/raw", row.raw);
        contest = contest_of(row);
        print_faults(out, row.name, row.own);
    }
    return out;
}

std::string rivals_json_of(const Report& report, const std::vector<Rival>& rivals) {
    std::string out = "{\"rivals\":[";
    for (const Rival& rival : rivals) {
        if (&rival != rivals.data()) out += ',';
        out += "{\"name\":" + quoted(rival.name) + ",\"version\":" + quoted(rival.version) +
               ",\"how\":" + quoted(rival.how) + "}";
    }
    std::string measured = json_of(report);
    if (!measured.empty() && measured.back() == '\n') measured.pop_back();
    return out + "],\"report\":" + measured + "}\n";
}

}  // namespace mycelium::bench
