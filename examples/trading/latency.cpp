#include "latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trading {

void Latency::add(std::uint64_t ns) noexcept {
    ++buckets_[bucket_of(ns)];
    ++count_;
}

void Latency::add(const Latency& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
}

std::optional<double> Latency::quantile_us(double share) const noexcept {
    if (count_ == 0) return std::nullopt;
    const auto rank = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    for (; bucket + 1 < bucket_count; ++bucket)
        if ((seen += buckets_[bucket]) >= rank) break;
    return middle_ns(bucket) / 1000.0;
}

/// Six significant bits: the highest one says which doubling, the five after it which of the 32
/// steps.
std::size_t Latency::bucket_of(std::uint64_t ns) noexcept {
    if (ns < 64) return static_cast<std::size_t>(ns);
    const auto shift = static_cast<std::size_t>(std::bit_width(ns) - 6);
    return 64 + (shift - 1) * steps + (static_cast<std::size_t>(ns >> shift) - steps);
}

double Latency::middle_ns(std::size_t bucket) noexcept {
    if (bucket < 64) return static_cast<double>(bucket);
    const std::size_t shift = (bucket - 64) / steps + 1;
    const std::size_t step = (bucket - 64) % steps + steps;
    return std::ldexp(static_cast<double>(step) + 0.5, static_cast<int>(shift));
}

}  // namespace trading
