// What is measured by way of a relay.
#pragma once

#include <vector>

#include "benchmarks/own/suite.h"

namespace mycelium::bench {

void add_relays(std::vector<Group>& groups);

}  // namespace mycelium::bench
