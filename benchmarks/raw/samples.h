// Samples: times of something slow, for as long as the plan says, or a few.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/quantiles.h"

namespace mycelium::bench {

class Samples {
public:
    explicit Samples(const Plan& plan) : begin_(now_ns()), end_(begin_ + plan.measured_ns()) {}

    void add(std::uint64_t ns) {
        times_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(ns, UINT32_MAX)));
    }
    bool is_done() const noexcept { return times_.size() >= least && now_ns() >= end_; }
    void tell(Side& side) {
        std::sort(times_.begin(), times_.end());
        side.p50_ns = quantile(times_, 0.5);
        side.p99_ns = quantile(times_, 0.99);
        side.p999_ns = quantile(times_, 0.999);
        side.counted = times_.size();
        side.elapsed_ns = now_ns() - begin_;
    }

private:
    static constexpr std::size_t least = 5;
    std::uint64_t begin_;
    std::uint64_t end_;
    std::vector<std::uint32_t> times_;
};

}  // namespace mycelium::bench
