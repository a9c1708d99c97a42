// Paper: executes signals without an exchange, at the prices that they name.
#pragma once

#include <cstdint>

#include "messages.h"

namespace trading {

/// Both sides of a signal are filled in full; each costs a fee of what changes hands. Saturates
/// where the money would not fit into 63 bits. One thread at a time.
class Paper {
public:
    static constexpr std::int64_t fee_bps = 5;  ///< hundredths of a percent, of each side

    Fill on(const Signal& signal) noexcept;

    std::uint64_t fills() const noexcept { return fills_; }
    std::int64_t fees() const noexcept { return fees_; }
    std::int64_t profit() const noexcept { return profit_; }

private:
    std::uint64_t fills_ = 0;
    std::int64_t fees_ = 0;
    std::int64_t profit_ = 0;
};

}  // namespace trading
