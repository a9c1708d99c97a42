// The rows of what a value costs to encode and decode.
#pragma once

#include <vector>

#include "benchmarks/own/suite.h"

namespace mycelium::bench {

void add_codecs(std::vector<Group>& groups);

}  // namespace mycelium::bench
