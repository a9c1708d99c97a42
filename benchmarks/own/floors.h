// Floors: the figures that must never be missed, judged from the measured rows.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/own/suite.h"

namespace mycelium::bench {

struct Floor {
    std::string name;  ///< "control message", "1 MiB there", …
    std::string row;   ///< where the figure comes from
    bool is_time;      ///< nanoseconds, to stay below; else a rate, to stay above
    double limit;      ///< ns, messages/s or bytes/s
    double figure;     ///< the median
    bool is_bytes;     ///< the rate is in bytes
    bool is_met() const noexcept { return is_time ? figure < limit : figure > limit; }
};

/// Of those rows that were measured. A transfer there is half of the time there and back, with the
/// same payload both ways.
std::vector<Floor> floors_of(const std::vector<Row>& rows);

}  // namespace mycelium::bench
