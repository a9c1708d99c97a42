#include "arbitrage.h"

#include <algorithm>
#include <limits>

#include "wide.h"

namespace trading {
namespace {

std::int64_t spread_bps(std::int64_t low, std::int64_t high) {
    const Wide bps = wide(high - low) * 10'000 / low;
    return static_cast<std::int64_t>(std::min(bps, wide(std::numeric_limits<std::int32_t>::max())));
}

}  // namespace

std::optional<Signal> Arbitrage::on(const Trade& trade, std::uint64_t now) {
    Asset& asset = assets_[trade.asset_id];
    asset.coinbase = {trade.price, trade.volume, now};
    return look(trade.asset_id, asset, now);
}

std::optional<Signal> Arbitrage::on(const PoolSwap& swap, std::uint64_t now) {
    Asset& asset = assets_[swap.asset_id];
    asset.pool = {swap.price, swap.amount_base, now};
    return look(swap.asset_id, asset, now);
}

std::optional<Signal> Arbitrage::look(std::uint64_t asset_id, Asset& asset, std::uint64_t now) {
    const auto [coinbase, pool, signalled] = asset;
    if (coinbase.price <= 0 || pool.price <= 0) return std::nullopt;
    if (now - std::min(coinbase.time, pool.time) > window) return std::nullopt;

    const bool pool_is_cheaper = pool.price < coinbase.price;
    const Quote& buy = pool_is_cheaper ? pool : coinbase;
    const Quote& sell = pool_is_cheaper ? coinbase : pool;
    const std::int64_t spread = spread_bps(buy.price, sell.price);
    if (spread < spread_bps_min) {
        asset.signalled = Cheaper::neither;
        return std::nullopt;
    }
    const Cheaper cheaper = pool_is_cheaper ? Cheaper::pool : Cheaper::coinbase;
    if (signalled == cheaper) return std::nullopt;
    asset.signalled = cheaper;

    const auto number_of = [](Venue venue) { return static_cast<std::uint16_t>(venue); };
    Signal signal;
    signal.sequence = ++signals_;
    signal.asset_id = asset_id;
    signal.exchange_time = now;
    signal.buy_price = buy.price;
    signal.sell_price = sell.price;
    signal.size = std::min(buy.size, sell.size);
    signal.buy_venue = number_of(pool_is_cheaper ? Venue::pool : Venue::coinbase);
    signal.sell_venue = number_of(pool_is_cheaper ? Venue::coinbase : Venue::pool);
    signal.spread_bps = static_cast<std::uint32_t>(spread);
    return signal;
}

}  // namespace trading
