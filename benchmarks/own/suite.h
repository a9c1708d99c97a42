// Suite: every row of the table, and the rounds in which the bare machine and the library are
// measured in turn.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/own/programs.h"
#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/quantiles.h"

namespace mycelium::bench {

enum class Unit {
    round_trip,  ///< its median time counts
    rate,        ///< messages per second count; of large ones, bytes
    hand_overs,  ///< messages per second count, however large: nothing of them moves
};

using Measure = std::function<Measurement(const Plan&)>;

/// Something of the library.
struct Own {
    std::string row;  ///< its name in the table: "round-trip/unix/64B"
    Measure measure;
};

/// What the bare machine does, and all that is compared with it.
struct Group {
    Unit unit;
    std::size_t bytes;
    std::string baseline;  ///< in words
    Measure raw;
    std::vector<Own> owns;
};

/// Every row there is.
std::vector<Group> all_groups(const Programs& programs = {});
/// Only what has one of the words of `filter` (commas between them) in the row's name; empty:
/// everything.
std::vector<Group> groups_named(std::vector<Group> groups, std::string_view filter);

/// One row, round by round: raw[i] and own[i] were measured one after the other.
struct Row {
    std::string name;
    Unit unit;
    std::size_t bytes;
    std::string baseline;
    std::vector<Measurement> raw;
    std::vector<Measurement> own;

    bool is_good() const noexcept;
};

/// The number that counts: nanoseconds of a round trip, or messages per second.
double figure_of(Unit unit, const Measurement& measurement) noexcept;
Spread spread_of_figures(Unit unit, const std::vector<Measurement>& measurements);
/// How many times as much the library costs as the bare machine, round by round: times divided for
/// round trips, rates for streams. Below 1 it is faster. Rounds in which one of the two failed are
/// left out.
Spread cost_of(const Row& row);

/// Measures `rounds` times, each time beginning with the next one of a group, and calls `progress`
/// with each row's name before it is measured. Ends early when a signal asks for it, with only
/// those rows that were measured.
std::vector<Row> run_groups(const std::vector<Group>& groups, std::size_t rounds, double seconds,
                            const std::function<void(std::string_view)>& progress);

}  // namespace mycelium::bench
