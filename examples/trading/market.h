// Market: both venues' messages, one pass of the recording after the other, in the order of
// exchange time.
#pragma once

#include <cstdint>
#include <variant>

#include "exchange_time.h"
#include "messages.h"
#include "pool_venue.h"
#include "recording.h"

namespace trading {

/// Every trade of a pass has been told, and every swap before the last of them.
struct PassEnd {};
using MarketEvent = std::variant<Trade, PoolSwap, PassEnd>;

/// Endless. Exchange time never runs backwards: a trade that the recording has too late (real ones
/// do) stands where it is, and every pass after the first is shifted to begin `pass_gap` after the
/// one before. One thread at a time.
class Market {
public:
    static constexpr std::uint64_t pass_gap = 100 * millisecond_ns;

    Market(Recording recording, std::uint64_t seed);

    MarketEvent next();
    /// False once the next pass would reach beyond what 64 bits of nanoseconds can say.
    bool has_next_pass() const noexcept;
    /// When the last event happened: the latest exchange time until then.
    std::uint64_t now() const noexcept { return now_; }
    const Recording& recording() const noexcept { return recording_; }

private:
    void fetch();
    MarketEvent end_pass();

    Recording recording_;
    PoolVenue pools_;
    std::optional<Trade> upcoming_;  ///< shifted; none: the pass is over
    std::uint64_t upcoming_time_ = 0;
    std::uint64_t shift_ = 0;
    std::uint64_t first_time_ = 0;   ///< of the recording's first trade, not shifted
    std::uint64_t pass_length_ = 0;  ///< of the last one
    std::uint64_t now_ = 0;
};

}  // namespace trading
