#include "tally.h"

#include <algorithm>

namespace trading {
namespace {

/// A clock may have been set back in between, or be that of another host.
std::uint64_t between(std::uint64_t from, std::uint64_t to) noexcept {
    return to > from ? to - from : 0;
}

}  // namespace

void Tally::add(const Trade& trade, const Times& times) {
    count(trades_, hops_[0], times);
    if (first_trade_ns_ == 0) first_trade_ns_ = times.received;
    last_trade_ns_ = times.received;
    if (Prices* prices = prices_of(trade.asset_id)) prices->coinbase = trade.price;
}

void Tally::add(const PoolSwap& swap, const Times& times) {
    count(swaps_, hops_[0], times);
    if (Prices* prices = prices_of(swap.asset_id)) prices->pool = swap.price;
}

void Tally::add(const Signal& signal, const Times& times) {
    count(signals_, hops_[1], times);
    last_signal_ = signal;
}

void Tally::add(const Fill&, const Times& times) { count(fills_, hops_[2], times); }

void Tally::add(const Watermark& mark, const Times&) {
    (mark.venue == static_cast<std::uint16_t>(Venue::pool) ? pools_ : coinbase_) = mark;
}

void Tally::count(Stream& stream, Hops& hops, const Times& times) {
    ++stream.received;
    stream.latency.add(between(times.published, times.received));
    hops.in.add(between(times.published, times.relayed));
    hops.out.add(between(times.relayed, times.received));
}

Tally::Prices* Tally::prices_of(std::uint64_t asset_id) {
    const auto found = prices_.find(asset_id);
    if (found != prices_.end()) return &found->second;
    return prices_.size() < assets_max ? &prices_[asset_id] : nullptr;
}

std::uint64_t Tally::passes() const noexcept { return std::min(coinbase_.passes, pools_.passes); }

Latency Tally::latency() const {
    Latency all = trades_.latency;
    all.add(swaps_.latency);
    all.add(signals_.latency);
    all.add(fills_.latency);
    return all;
}

double Tally::trades_per_second() const noexcept {
    if (last_trade_ns_ <= first_trade_ns_) return 0;
    return static_cast<double>(trades_.received) * 1e9 /
           static_cast<double>(last_trade_ns_ - first_trade_ns_);
}

}  // namespace trading
