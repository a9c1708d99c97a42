// Pace: when, on the clock, something is due that happened at an exchange time.
#pragma once

#include <cstdint>

#include <mycelium/time.h>

namespace trading {

/// Begins with the first message, or at a given instant. The clock is the caller's, so it can be
/// tested without waiting. A value.
class Pace {
public:
    /// How much faster than it happened.
    struct Speed {
        std::int64_t times_e8 = 0;  ///< fixed point, 8 decimals; 0: no waiting at all
        static Speed times(std::int64_t n) noexcept { return {n * 100'000'000}; }
        static Speed unlimited() noexcept { return {}; }
    };

    explicit Pace(Speed speed) noexcept : speed_(speed) {}
    Pace(Speed speed, mycelium::Instant begun) noexcept
        : speed_(speed), is_begun_given_(true), begun_(begun) {}
    bool is_unlimited() const noexcept { return speed_.times_e8 == 0; }
    /// The instant at which `exchange_time` is due; the first one asked for is due at once, or at
    /// the given instant.
    mycelium::Instant due(std::uint64_t exchange_time, mycelium::Instant now) noexcept;

private:
    Speed speed_;
    bool is_begun_given_ = false;
    bool has_begun_ = false;
    std::uint64_t first_time_ = 0;
    mycelium::Instant begun_{};
};

}  // namespace trading
