// What the three services tell each other. Trades are mycelium::tlv::Trade (TLV 1); the rest is
// declared here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <mycelium/mycelium.h>

namespace trading {

using mycelium::tlv::Trade;

enum class Venue : std::uint16_t { coinbase = 1, pool = 2 };
inline constexpr std::uint8_t side_buy = 0;  ///< whoever took the offer bought
inline constexpr std::uint8_t side_sell = 1;
inline constexpr std::uint8_t asset_type_pair = 1;  ///< a pair of currencies, such as BTC-USD

/// One swap in a constant-product pool. Prices and amounts are fixed point with 8 decimals.
struct PoolSwap {
    std::uint64_t asset_id = 0;
    std::int64_t price = 0;        ///< of the pool after the swap: reserve_quote / reserve_base
    std::int64_t amount_base = 0;  ///< what changed hands, without its sign
    std::int64_t amount_quote = 0;
    std::int64_t reserve_base = 0;  ///< after the swap
    std::int64_t reserve_quote = 0;
    std::uint64_t exchange_time = 0;  ///< nanoseconds since the Unix epoch
    std::uint16_t venue = 0;
    std::uint8_t asset_type = 0;
    std::uint8_t side = 0;  ///< side_buy: base left the pool
    std::uint32_t padding = 0;
};
MYCELIUM_TLV(PoolSwap, 11, asset_id, price, amount_base, amount_quote, reserve_base, reserve_quote,
             exchange_time, venue, asset_type, side, padding);

/// Two venues disagree: buy at the one, sell at the other.
struct Signal {
    std::uint64_t sequence = 0;  ///< of the strategy, from 1
    std::uint64_t asset_id = 0;
    std::uint64_t exchange_time = 0;  ///< of the message that gave rise to it
    std::int64_t buy_price = 0;
    std::int64_t sell_price = 0;
    std::int64_t size = 0;  ///< of base, what both venues last traded
    std::uint16_t buy_venue = 0;
    std::uint16_t sell_venue = 0;
    std::uint32_t spread_bps = 0;  ///< hundredths of a percent of buy_price
};
MYCELIUM_TLV(Signal, 20, sequence, asset_id, exchange_time, buy_price, sell_price, size, buy_venue,
             sell_venue, spread_bps);

/// From the adapter: no message that it publishes later belongs before those it has published until
/// now. With it, a reader of both venues can put them in one exact order, whichever arrives first.
struct Watermark {
    std::uint64_t trades = 0;  ///< published until now
    std::uint64_t swaps = 0;
    std::uint64_t passes = 0;  ///< of the recording, completed until now
    bool is_final = false;     ///< nothing follows
};
MYCELIUM_FIELDS(Watermark, (1, trades), (2, swaps), (3, passes), (4, is_final));

/// From the strategy: what it has seen and said until now.
struct Report {
    std::uint64_t trades = 0;  ///< as the last watermark has them
    std::uint64_t swaps = 0;
    std::uint64_t passes = 0;
    std::uint64_t signals = 0;
    std::uint64_t missed = 0;  ///< trades and swaps that did not reach the strategy
    std::string digest;        ///< of the first pass's signals; empty until it is complete
    bool is_final = false;
};
MYCELIUM_FIELDS(Report, (1, trades), (2, swaps), (3, passes), (4, signals), (5, missed),
                (6, digest), (7, is_final));

}  // namespace trading
