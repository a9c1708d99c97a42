#include "tally.h"

namespace trading {

void Tally::add(const mycelium::Sample<Trade>& trade, std::uint64_t now_ns) {
    count(trades_, trade.header(), trade.missed(), now_ns);
    if (Prices* prices = prices_of(trade->asset_id)) prices->coinbase = trade->price;
}

void Tally::add(const mycelium::Sample<PoolSwap>& swap, std::uint64_t now_ns) {
    count(swaps_, swap.header(), swap.missed(), now_ns);
    if (Prices* prices = prices_of(swap->asset_id)) prices->pool = swap->price;
}

void Tally::add(const mycelium::Sample<Signal>& signal, std::uint64_t now_ns) {
    count(signals_, signal.header(), signal.missed(), now_ns);
    last_signal_ = *signal;
}

void Tally::count(Stream& stream, const mycelium::Header& header, const mycelium::Missed& missed,
                  std::uint64_t now_ns) {
    ++stream.received;
    stream.missed.add(missed);
    // The clock may have been set back in between.
    stream.latency.add(now_ns > header.timestamp ? now_ns - header.timestamp : 0);
}

Tally::Prices* Tally::prices_of(std::uint64_t asset_id) {
    const auto found = prices_.find(asset_id);
    if (found != prices_.end()) return &found->second;
    return prices_.size() < assets_max ? &prices_[asset_id] : nullptr;
}

std::uint64_t Tally::losses() const noexcept {
    const auto lost = [this](const Stream& stream, std::uint64_t published) {
        if (!report_.is_final) return stream.missed.count();
        return published > stream.received ? published - stream.received : 0;
    };
    return report_.missed + lost(trades_, report_.trades) + lost(swaps_, report_.swaps) +
           lost(signals_, report_.signals);
}

bool Tally::is_complete() const noexcept {
    const auto has_all = [](const Stream& stream, std::uint64_t published) {
        return stream.received + stream.missed.count() >= published;
    };
    return report_.is_final && has_all(trades_, report_.trades) && has_all(swaps_, report_.swaps) &&
           has_all(signals_, report_.signals);
}

Latency Tally::latency() const {
    Latency all = trades_.latency;
    all.add(swaps_.latency);
    all.add(signals_.latency);
    return all;
}

}  // namespace trading
