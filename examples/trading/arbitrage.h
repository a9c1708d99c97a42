// Arbitrage: the strategy. Two venues that disagree about an asset for a moment are worth a signal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "exchange_time.h"
#include "messages.h"

namespace trading {

/// Decides by exchange time alone, never by the clock: the same messages in the same order give the
/// same signals. One thread at a time.
class Arbitrage {
public:
    static constexpr std::int64_t spread_bps_min = 15;
    static constexpr std::uint64_t window =
        500 * millisecond_ns;  ///< prices further apart are not compared

    /// A message at exchange time `now`, which never runs backwards. A signal is given once as the
    /// spread of an asset reaches spread_bps_min, and again only after it was below, or has turned
    /// round.
    std::optional<Signal> on(const Trade& trade, std::uint64_t now);
    std::optional<Signal> on(const PoolSwap& swap, std::uint64_t now);
    /// Forgets all prices: what follows has nothing to do with what was.
    void end_pass() { assets_.clear(); }

    std::uint64_t signals() const noexcept { return signals_; }

private:
    struct Quote {
        std::int64_t price = 0;
        std::int64_t size = 0;
        std::uint64_t time = 0;
    };
    enum class Cheaper : std::uint8_t { neither, coinbase, pool };
    struct Asset {
        Quote coinbase;
        Quote pool;
        Cheaper signalled = Cheaper::neither;
    };
    std::optional<Signal> look(std::uint64_t asset_id, Asset& asset, std::uint64_t now);

    std::unordered_map<std::uint64_t, Asset> assets_;
    std::uint64_t signals_ = 0;
};

}  // namespace trading
