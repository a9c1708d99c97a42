#include "merge.h"

namespace trading {

template <class T>
auto Merge::Stream<T>::front_until(std::uint64_t sequence) const -> const Item* {
    return items.empty() || items.front().sequence > sequence ? nullptr : &items.front();
}

template <class T>
MarketEvent Merge::take(Stream<T>& stream) {
    const auto item = stream.items.front();
    stream.items.pop_front();
    now_ = item.time;
    return item.value;
}

std::optional<MarketEvent> Merge::next() {
    while (!watermarks_.empty()) {
        const Watermark watermark = watermarks_.front();
        const bool has_arrived =
            trades_.last_sequence >= watermark.trades && swaps_.last_sequence >= watermark.swaps;
        if (!has_arrived && !is_settled_) return std::nullopt;

        const auto* trade = trades_.front_until(watermark.trades);
        const auto* swap = swaps_.front_until(watermark.swaps);
        if (trade && (!swap || trade->time <= swap->time)) return take(trades_);
        if (swap) return take(swaps_);

        watermarks_.pop_front();
        if (const auto event = reach(watermark)) return event;
    }
    return std::nullopt;
}

std::optional<MarketEvent> Merge::reach(const Watermark& watermark) {
    const bool ends_pass = watermark.passes > reached_.passes;
    reached_ = watermark;
    return ends_pass ? std::optional<MarketEvent>{PassEnd{}} : std::nullopt;
}

}  // namespace trading
