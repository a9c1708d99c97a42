#include "pool_venue.h"

#include <algorithm>

namespace trading {

void PoolVenue::restart() {
    random_.seed(seed_);
    assets_.clear();
    last_trade_time_ = 0;
    due_ = 0;
}

void PoolVenue::observe(const Trade& trade, std::uint64_t time) {
    last_trade_time_ = time;
    const auto known = std::find_if(assets_.begin(), assets_.end(),
                                    [&](const Asset& asset) { return asset.id == trade.asset_id; });
    if (known != assets_.end())
        known->venue_price = trade.price;
    else if (const auto pool = Pool::at_price(trade.price); pool && assets_.size() < pools_max)
        assets_.push_back({trade.asset_id, trade.price, *pool});
    if (due_ == 0) schedule(time);
}

std::optional<PoolSwap> PoolVenue::swap_before(std::uint64_t time) {
    while (due_ != 0 && due_ < time) {
        if (due_ > last_trade_time_ + silence_max) {
            due_ = 0;  // until the next trade is observed
            break;
        }
        const std::uint64_t now = due_;
        schedule(now);
        if (const auto swap = swap_at(now)) return swap;
    }
    return std::nullopt;
}

void PoolVenue::schedule(std::uint64_t from) {
    due_ = from + pause_min + random_() % (pause_max - pause_min);
}

/// Three times in four somebody pushes the pool's price towards the first venue's, else away from
/// it, with 1 to 10 basis points of a reserve.
std::optional<PoolSwap> PoolVenue::swap_at(std::uint64_t time) {
    const std::uint64_t which = random_();
    const bool follows = random_() % 4 != 0;
    const auto share_bps = static_cast<std::int64_t>(1 + random_() % 10);
    if (assets_.empty()) return std::nullopt;

    Asset& asset = assets_[which % assets_.size()];
    Pool& pool = asset.pool;
    const bool is_buy = (pool.price() < asset.venue_price) == follows;
    const auto moved = is_buy ? pool.buy_base(pool.quote() / 10'000 * share_bps)
                              : pool.sell_base(pool.base() / 10'000 * share_bps);
    if (!moved) return std::nullopt;

    PoolSwap swap;
    swap.asset_id = asset.id;
    swap.price = pool.price();
    swap.amount_base = moved->base;
    swap.amount_quote = moved->quote;
    swap.reserve_base = pool.base();
    swap.reserve_quote = pool.quote();
    swap.exchange_time = time;
    swap.venue = static_cast<std::uint16_t>(Venue::pool);
    swap.asset_type = asset_type_pair;
    swap.side = is_buy ? side_buy : side_sell;
    return swap;
}

}  // namespace trading
