// The bare machine at each job: what a rival's figure is held against.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/own/rows.h"
#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {

struct RawRows {
    std::string words;        ///< how each of them does it
    Measure raw;              ///< one message at a time
    std::vector<Own> others;  ///< "raw-gathered": many in a system call or in a store
};

RawRows raw_rows(Job job, Way way, const Size& size);

bool is_round_trip(Job job) noexcept;

}  // namespace mycelium::bench
