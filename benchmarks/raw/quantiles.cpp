#include "benchmarks/raw/quantiles.h"

#include <algorithm>
#include <cmath>

namespace mycelium::bench {

double quantile(std::span<const std::uint32_t> sorted, double part) noexcept {
    if (sorted.empty()) return 0;
    const double rank = std::ceil(std::clamp(part, 0.0, 1.0) * static_cast<double>(sorted.size()));
    const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    return sorted[std::min(index, sorted.size() - 1)];
}

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

}  // namespace mycelium::bench
