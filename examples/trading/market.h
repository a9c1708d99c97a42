// Market: both venues' messages, one pass of the recording after the other, in the order of
// exchange time.
#pragma once

#include <cstdint>
#include <variant>

#include "messages.h"
#include "pool_venue.h"
#include "replay.h"

namespace trading {

/// Every trade of a pass has been told, and every swap before the last of them.
struct PassEnd {};
using MarketEvent = std::variant<Trade, PoolSwap, PassEnd>;

/// Endless. Exchange time never runs backwards: see Replay. One thread at a time.
class Market {
public:
    static constexpr std::uint64_t pass_gap = Replay::pass_gap;

    Market(Recording recording, std::uint64_t seed) : replay_(std::move(recording)), pools_(seed) {}

    MarketEvent next();
    bool has_next_pass() const noexcept { return replay_.has_next_pass(); }
    /// When the last event happened: the latest exchange time until then.
    std::uint64_t now() const noexcept { return now_; }
    const Recording& recording() const noexcept { return replay_.recording(); }

private:
    Replay replay_;
    PoolVenue pools_;
    std::uint64_t now_ = 0;
};

/// The first venue alone: the same without swaps.
class Trades {
public:
    explicit Trades(Recording recording) : replay_(std::move(recording)) {}

    MarketEvent next();
    bool has_next_pass() const noexcept { return replay_.has_next_pass(); }
    std::uint64_t now() const noexcept { return replay_.now(); }
    const Recording& recording() const noexcept { return replay_.recording(); }

private:
    Replay replay_;
};

}  // namespace trading
