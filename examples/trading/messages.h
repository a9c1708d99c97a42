// What the services tell each other: domain messages, each the only TLV of its message. Trades are
// mycelium::tlv::Trade (TLV 1); the rest is declared here. Bytes: docs/formats/trading.md.
#pragma once

#include <cstddef>
#include <cstdint>

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

/// From a venue: whatever it publishes later happens at this exchange time or later. (A trade that
/// the recording has too late says an earlier time, and counts as happening at the latest one until
/// then; see Merge.) With it, a reader of both venues can put them in one exact order, whichever
/// arrives first.
struct Watermark {
    std::uint64_t exchange_time = 0;
    std::uint64_t passes = 0;  ///< of the recording, completed until now
    std::uint16_t venue = 0;
    std::uint8_t is_final = 0;    ///< 1: nothing follows
    std::uint8_t began_late = 0;  ///< 1: this run of the venue began in the middle of the recording
    std::uint32_t padding = 0;
};
MYCELIUM_TLV(Watermark, 18, exchange_time, passes, venue, is_final, began_late, padding);

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

/// From the strategy: what it has seen and said until now.
struct StrategyReport {
    std::uint64_t trades = 0;
    std::uint64_t swaps = 0;
    std::uint64_t passes = 0;  ///< completed
    std::uint64_t signals = 0;
    std::uint64_t missed = 0;         ///< messages of the venues that did not reach it
    std::uint64_t exchange_time = 0;  ///< until which it has taken what both venues said
    std::uint64_t digest = 0;         ///< of the first pass's signals
    std::uint8_t has_digest = 0;  ///< 1: it has seen the first pass from its beginning, all of it
    std::uint8_t is_final = 0;    ///< 1: nothing follows
    std::uint16_t reserved = 0;
    std::uint32_t padding = 0;
};
MYCELIUM_TLV(StrategyReport, 38, trades, swaps, passes, signals, missed, exchange_time, digest,
             has_digest, is_final, reserved, padding);

/// A signal as it was executed, on paper. Money is fixed point with 8 decimals.
struct Fill {
    std::uint64_t sequence = 0;         ///< of the execution, from 1
    std::uint64_t signal_sequence = 0;  ///< of what it follows
    std::uint64_t asset_id = 0;
    std::uint64_t exchange_time = 0;  ///< of the signal
    std::int64_t buy_price = 0;
    std::int64_t sell_price = 0;
    std::int64_t size = 0;
    std::int64_t fee = 0;     ///< for both sides together
    std::int64_t profit = 0;  ///< fee deducted; may be negative
};
MYCELIUM_TLV(Fill, 40, sequence, signal_sequence, asset_id, exchange_time, buy_price, sell_price,
             size, fee, profit);

/// From the execution: what it has done until now.
struct ExecutionReport {
    std::uint64_t signals = 0;
    std::uint64_t fills = 0;
    std::uint64_t missed = 0;  ///< messages of the strategy that did not reach it
    std::int64_t fees = 0;
    std::int64_t profit = 0;
    std::uint8_t is_final = 0;  ///< 1: nothing follows
    std::uint8_t reserved = 0;
    std::uint16_t more_reserved = 0;
    std::uint32_t padding = 0;
};
MYCELIUM_TLV(ExecutionReport, 58, signals, fills, missed, fees, profit, is_final, reserved,
             more_reserved, padding);

}  // namespace trading
