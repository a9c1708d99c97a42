// The rows of what is counted and not timed: system calls, wake-ups and memory of idle links, bytes
// that are copied.
#pragma once

#include <vector>

#include "benchmarks/own/suite.h"

namespace mycelium::bench {

void add_resources(std::vector<Group>& groups);

}  // namespace mycelium::bench
