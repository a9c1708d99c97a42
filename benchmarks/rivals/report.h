// The table of a run with rivals, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/own/table.h"
#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {

/// How many times as much as Mycelium's row of the same contest costs, within each round.
Spread times_mycelium(const Row& mycelium, const Row& row);

/// One block for each contest: the raw rows, then Mycelium's, to the first of which the others are
/// held, then the rivals'; then how each rival
/// is set up, and what went wrong. `is_wide` adds the spreads.
std::string rivals_table_of(const Report& report, const std::vector<Rival>& rivals, bool is_wide);
/// One object on one line: "rivals", and as "report" what `mycelium bench --json` gives.
std::string rivals_json_of(const Report& report, const std::vector<Rival>& rivals);

}  // namespace mycelium::bench
