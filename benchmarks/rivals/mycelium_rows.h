// Mycelium at each job, in the same contests as its rivals.
#pragma once

#include <vector>

#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {

/// The first of them is what the others' figures are divided by.
std::vector<Own> mycelium_rows(Job job, Way way, std::size_t bytes);

}  // namespace mycelium::bench
