#include "market.h"

#include <algorithm>

namespace trading {

Market::Market(Recording recording, std::uint64_t seed)
    : recording_(std::move(recording)), pools_(seed) {
    fetch();
    first_time_ = upcoming_ ? upcoming_->exchange_time : 0;
}

MarketEvent Market::next() {
    if (!upcoming_) return end_pass();
    if (const auto swap = pools_.swap_before(upcoming_time_)) {
        now_ = swap->exchange_time;
        return *swap;
    }
    const Trade trade = *upcoming_;
    now_ = upcoming_time_;
    pools_.observe(trade, now_);
    fetch();
    return trade;
}

bool Market::has_next_pass() const noexcept { return now_ < UINT64_MAX - pass_gap - pass_length_; }

void Market::fetch() {
    upcoming_ = recording_.next();
    if (!upcoming_) return;
    upcoming_->exchange_time += shift_;
    upcoming_time_ = std::max(now_, upcoming_->exchange_time);
}

MarketEvent Market::end_pass() {
    pass_length_ = now_ - (first_time_ + shift_);
    shift_ = now_ + pass_gap - first_time_;
    recording_.rewind();
    pools_.restart();
    fetch();
    return PassEnd{};
}

}  // namespace trading
