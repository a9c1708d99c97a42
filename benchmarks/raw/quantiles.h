// What many numbers amount to: quantiles within one measurement, the spread over several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mycelium::bench {

/// The value that the fraction `part` of the sorted values does not exceed (nearest rank); 0 if
/// there are none.
double quantile(std::span<const std::uint32_t> sorted, double part) noexcept;

/// The median of some measurements with the least and the greatest; all 0 if there are none.
struct Spread {
    double median = 0;
    double least = 0;
    double greatest = 0;
};
/// Of an even number of values the median is the mean of the middle two.
Spread spread_of(std::vector<double> values);

}  // namespace mycelium::bench
