// Replay: the recording's trades, one pass after the other, in exchange time that never runs
// backwards.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "exchange_time.h"
#include "messages.h"
#include "recording.h"

namespace trading {

/// Endless. A trade that the recording has too late (real ones do) stands where it is, and every
/// pass after the first is shifted to begin `pass_gap` after the one before. One thread at a time.
class Replay {
public:
    static constexpr std::uint64_t pass_gap = 100 * millisecond_ns;

    explicit Replay(Recording recording) : recording_(std::move(recording)) {
        fetch();
        first_time_ = upcoming_ ? upcoming_->exchange_time : 0;
    }

    /// Is there one more trade in this pass? Its exchange_time is shifted.
    bool has_trade() const noexcept { return upcoming_.has_value(); }
    /// When it happens: the latest exchange time until then.
    std::uint64_t upcoming_time() const noexcept { return upcoming_time_; }
    /// That trade; to be called if has_trade().
    Trade take() {
        const Trade trade = *upcoming_;
        now_ = upcoming_time_;
        fetch();
        return trade;
    }
    /// The next pass; to be called where there is no trade any more.
    void begin_pass() {
        pass_length_ = now_ - (first_time_ + shift_);
        shift_ = now_ + pass_gap - first_time_;
        recording_.rewind();
        fetch();
    }
    /// False once the next pass would reach beyond what 64 bits of nanoseconds can say.
    bool has_next_pass() const noexcept { return now_ < UINT64_MAX - pass_gap - pass_length_; }
    /// When the last trade happened.
    std::uint64_t now() const noexcept { return now_; }
    const Recording& recording() const noexcept { return recording_; }

private:
    void fetch() {
        upcoming_ = recording_.next();
        if (!upcoming_) return;
        upcoming_->exchange_time += shift_;
        upcoming_time_ = std::max(now_, upcoming_->exchange_time);
    }

    Recording recording_;
    std::optional<Trade> upcoming_;  ///< none: the pass is over
    std::uint64_t upcoming_time_ = 0;
    std::uint64_t shift_ = 0;
    std::uint64_t first_time_ = 0;   ///< of the recording's first trade, not shifted
    std::uint64_t pass_length_ = 0;  ///< of the last one
    std::uint64_t now_ = 0;
};

}  // namespace trading
