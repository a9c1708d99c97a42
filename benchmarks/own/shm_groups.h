// What is measured of shared memory.
#pragma once

#include <vector>

#include "benchmarks/own/suite.h"

namespace mycelium::bench {

void add_shared_memory(std::vector<Group>& groups);

/// One publisher, four subscribers: through shared memory, and over unix sockets to compare.
void add_fan_outs(std::vector<Group>& groups);

}  // namespace mycelium::bench
