// How long to wait before the next attempt.
#pragma once

#include <cstdint>

#include <mycelium/time.h>

namespace mycelium::base {

/// Doubles from `first` to `last`, each wait shortened by a random part of up to a quarter, so that
/// many dialers do not march in step. A value; `seed` makes it repeatable.
class Backoff {
public:
    Backoff(Duration first, Duration last, std::uint64_t seed) noexcept
        : first_(first), last_(last), next_(first), state_(seed | 1) {}

    Duration next() noexcept {
        const Duration full = next_;
        next_ = next_ * 2 < last_ ? next_ * 2 : last_;
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        const auto quarter = static_cast<std::uint64_t>(full.count() / 4 + 1);
        return full - Duration{static_cast<std::int64_t>((state_ >> 33) % quarter)};
    }
    void reset() noexcept { next_ = first_; }

private:
    Duration first_;
    Duration last_;
    Duration next_;
    std::uint64_t state_;
};

}  // namespace mycelium::base
