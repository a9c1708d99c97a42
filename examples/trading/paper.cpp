#include "paper.h"

#include <algorithm>
#include <limits>

#include "decimal.h"
#include "wide.h"

namespace trading {
namespace {

std::int64_t saturated(Wide value) noexcept {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::clamp<Wide>(value, least, most));
}

}  // namespace

Fill Paper::on(const Signal& signal) noexcept {
    const Wide size = std::max<std::int64_t>(signal.size, 0);
    const Wide paid = size * signal.buy_price / decimal_one;
    const Wide got = size * signal.sell_price / decimal_one;
    const Wide fee = (paid + got) * fee_bps / 10'000;
    Fill fill;
    fill.sequence = ++fills_;
    fill.signal_sequence = signal.sequence;
    fill.asset_id = signal.asset_id;
    fill.exchange_time = signal.exchange_time;
    fill.buy_price = signal.buy_price;
    fill.sell_price = signal.sell_price;
    fill.size = signal.size;
    fill.fee = saturated(fee);
    fill.profit = saturated(got - paid - fee);
    fees_ = saturated(static_cast<Wide>(fees_) + fill.fee);
    profit_ = saturated(static_cast<Wide>(profit_) + fill.profit);
    return fill;
}

}  // namespace trading
