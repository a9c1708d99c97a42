#include "market.h"

namespace trading {

MarketEvent Market::next() {
    if (!replay_.has_trade()) {
        replay_.begin_pass();
        pools_.restart();
        return PassEnd{};
    }
    if (const auto swap = pools_.swap_before(replay_.upcoming_time())) {
        now_ = swap->exchange_time;
        return *swap;
    }
    const Trade trade = replay_.take();
    now_ = replay_.now();
    pools_.observe(trade, now_);
    return trade;
}

MarketEvent Trades::next() {
    if (replay_.has_trade()) return replay_.take();
    replay_.begin_pass();
    return PassEnd{};
}

}  // namespace trading
