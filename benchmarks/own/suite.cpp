#include "benchmarks/own/suite.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

bool matches(std::string_view name, std::string_view filter) {
    if (filter.empty()) return true;
    for (std::size_t begin = 0; begin <= filter.size();) {
        const std::size_t end = std::min(filter.find(',', begin), filter.size());
        const std::string_view word = filter.substr(begin, end - begin);
        if (!word.empty() && name.find(word) != std::string_view::npos) return true;
        begin = end + 1;
    }
    return false;
}

std::vector<Row> empty_rows(const std::vector<Group>& groups) {
    std::vector<Row> rows;
    for (const Group& group : groups)
        for (const Own& own : group.owns)
            rows.push_back({own.row, group.unit, group.bytes, group.baseline, {}, {}});
    return rows;
}

/// Measures, or tells why not: making the sockets may fail in this process too.
Measurement attempt(const Measure& measure, const Plan& plan) {
    try {
        return measure(plan);
    } catch (const std::exception& error) {
        Measurement failed;
        failed.error = error.what();
        return failed;
    }
}

/// The bare machine and then the group's rows, measured one after the other. Who begins changes
/// with the round: what the one before leaves behind is to meet each in turn.
std::vector<Measurement> in_turn(const Group& group, std::size_t round, double seconds,
                                 const std::function<void(std::string_view)>& progress) {
    const Plan plan{group.bytes, seconds};
    std::vector<Measurement> measured(group.owns.size() + 1);
    for (std::size_t i = 0; i < measured.size() && !was_interrupted(); ++i) {
        const std::size_t place = (round + i) % measured.size();
        const Own& own = group.owns[place == 0 ? 0 : place - 1];
        progress(own.row);
        measured[place] = attempt(place == 0 ? group.raw : own.measure, plan);
    }
    return measured;
}

}  // namespace

std::vector<Group> groups_named(std::vector<Group> groups, std::string_view filter) {
    for (Group& group : groups)
        std::erase_if(group.owns, [&](const Own& own) { return !matches(own.row, filter); });
    std::erase_if(groups, [](const Group& group) { return group.owns.empty(); });
    return groups;
}

bool Row::is_good() const noexcept {
    const auto good = [](const Measurement& measurement) { return measurement.is_good(); };
    return !own.empty() && std::all_of(raw.begin(), raw.end(), good) &&
           std::all_of(own.begin(), own.end(), good);
}

double figure_of(Unit unit, const Measurement& measurement) noexcept {
    return unit == Unit::round_trip ? measurement.p50_ns : measurement.per_second;
}

Spread spread_of_figures(Unit unit, const std::vector<Measurement>& measurements) {
    std::vector<double> figures;
    for (const Measurement& measurement : measurements)
        if (const double figure = figure_of(unit, measurement); figure > 0)
            figures.push_back(figure);
    return spread_of(std::move(figures));
}

Spread cost_of(const Row& row) {
    std::vector<double> costs;
    for (std::size_t i = 0; i < std::min(row.raw.size(), row.own.size()); ++i) {
        const double raw = figure_of(row.unit, row.raw[i]);
        const double own = figure_of(row.unit, row.own[i]);
        if (raw <= 0 || own <= 0) continue;
        costs.push_back(row.unit == Unit::round_trip ? own / raw : raw / own);
    }
    return spread_of(std::move(costs));
}

std::vector<Row> run_groups(const std::vector<Group>& groups, std::size_t rounds, double seconds,
                            const std::function<void(std::string_view)>& progress) {
    std::vector<Row> rows = empty_rows(groups);
    for (std::size_t round = 0; round < rounds && !was_interrupted(); ++round) {
        auto row = rows.begin();
        for (const Group& group : groups) {
            const std::vector<Measurement> measured = in_turn(group, round, seconds, progress);
            // What a signal cut short is no measurement.
            if (was_interrupted()) break;
            for (std::size_t i = 0; i < group.owns.size(); ++i, ++row) {
                row->raw.push_back(measured.front());
                row->own.push_back(measured[i + 1]);
            }
        }
    }
    if (was_interrupted()) std::erase_if(rows, [](const Row& row) { return row.own.empty(); });
    return rows;
}

}  // namespace mycelium::bench
