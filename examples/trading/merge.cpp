#include "merge.h"

#include <utility>

namespace trading {

void Merge::add(const Watermark& watermark) {
    if (watermark.venue == static_cast<std::uint16_t>(Venue::coinbase)) trades_.add(watermark);
    if (watermark.venue == static_cast<std::uint16_t>(Venue::pool)) swaps_.add(watermark);
}

template <class T>
MarketEvent Merge::take(Stream<T>& stream) {
    const auto item = stream.items.front();
    stream.items.pop_front();
    now_ = std::max(now_, item.time);
    return item.value;
}

std::optional<MarketEvent> Merge::next() {
    const auto* trade = trades_.front(passes_);
    const auto* swap = swaps_.front(passes_);
    // A venue that is ahead by a pass has nothing more in this one.
    const bool no_more_swaps = swaps_.is_final || swaps_.passes > passes_;
    const bool no_more_trades = trades_.is_final || trades_.passes > passes_;
    if (trade && (swap ? trade->time <= swap->time : no_more_swaps || swaps_.mark >= trade->time))
        return take(trades_);
    if (swap && (trade ? swap->time < trade->time : no_more_trades || trades_.mark > swap->time))
        return take(swaps_);
    if (!trade && !swap && no_more_trades && no_more_swaps && may_begin_pass() > passes_) {
        const std::uint64_t before = std::exchange(passes_, may_begin_pass());
        is_whole_ &= passes_ == before + 1 && trades_.passes >= passes_ && swaps_.passes >= passes_;
        return PassEnd{};
    }
    return trades_.is_full() || swaps_.is_full() ? std::optional{force()} : std::nullopt;
}

/// The next pass, or a later one: whoever begins in the middle has not seen those before.
std::uint64_t Merge::may_begin_pass() const noexcept {
    std::uint64_t ended = std::max(trades_.passes, swaps_.passes);
    if (!trades_.is_final) ended = std::min(ended, trades_.passes);
    if (!swaps_.is_final) ended = std::min(ended, swaps_.passes);
    if (!trades_.items.empty()) ended = std::min(ended, trades_.items.front().pass);
    if (!swaps_.items.empty()) ended = std::min(ended, swaps_.items.front().pass);
    return ended;
}

MarketEvent Merge::force() {
    is_exact_ = false;
    return trades_.is_full() ? take(trades_) : take(swaps_);
}

}  // namespace trading
