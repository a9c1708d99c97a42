// Latency: how long messages were under way, as a histogram of fixed size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace trading {

/// Values up to 63 ns are exact, larger ones to within 1.6 %. A value.
class Latency {
public:
    void add(std::uint64_t ns) noexcept;
    void add(const Latency& other) noexcept;
    std::uint64_t count() const noexcept { return count_; }
    /// The least value that `share` (0 to 1) of all values do not exceed, in microseconds. None:
    /// there is no value.
    std::optional<double> quantile_us(double share) const noexcept;

private:
    // 64 values one by one, then 32 steps for each doubling up to 2^64.
    static constexpr std::size_t steps = 32;
    static constexpr std::size_t bucket_count = 64 + 58 * steps;
    static std::size_t bucket_of(std::uint64_t ns) noexcept;
    static double middle_ns(std::size_t bucket) noexcept;

    std::array<std::uint64_t, bucket_count> buckets_{};
    std::uint64_t count_ = 0;
};

}  // namespace trading
