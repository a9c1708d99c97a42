// The table of a run, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/own/floors.h"
#include "benchmarks/own/suite.h"
#include "benchmarks/own/text.h"

namespace mycelium::bench {

/// Everything that a run found out.
struct Report {
    std::string machine;
    double foreign_load = 0;  ///< part of the machine that others used meanwhile
    std::vector<Row> rows;
    std::vector<Floor> floors;
};

/// Lines of text: the machine, the rows with their baseline, the floors, and what went wrong. In
/// 100 columns there are the medians; `is_wide`, the spreads too, and the processor time of both.
std::string table_of(const Report& report, bool is_wide = false);
/// One object on one line.
std::string json_of(const Report& report);

}  // namespace mycelium::bench
