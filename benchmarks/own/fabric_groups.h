// What is measured of whole programs: a supervised service, the trading pipeline.
#pragma once

#include <vector>

#include "benchmarks/own/programs.h"
#include "benchmarks/own/suite.h"

namespace mycelium::bench {

void add_fabrics(std::vector<Group>& groups, const Programs& programs);

}  // namespace mycelium::bench
