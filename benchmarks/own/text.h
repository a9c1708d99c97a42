// What the table and the JSON of a run have in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/quantiles.h"

namespace mycelium::bench {

/// Appends, as printf would print; at most 512 bytes at once.
[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...);

/// Of those measurements that are good.
template <class Member>
double median_of(const std::vector<Measurement>& measurements, Member member) {
    std::vector<double> values;
    for (const Measurement& measurement : measurements)
        if (measurement.is_good()) values.push_back(measurement.*member);
    return spread_of(std::move(values)).median;
}

}  // namespace mycelium::bench
