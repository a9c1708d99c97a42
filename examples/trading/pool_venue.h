// The second venue: a pool per asset, traded in by a seeded crowd that mostly follows the first
// venue's prices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "exchange_time.h"
#include "messages.h"
#include "pool.h"

namespace trading {

/// Decides by exchange time alone: the same trades and the same seed make the same swaps. One
/// thread at a time.
class PoolVenue {
public:
    static constexpr std::uint64_t pause_min = 10 * millisecond_ns;  ///< between two swaps
    static constexpr std::uint64_t pause_max = 50 * millisecond_ns;
    /// The crowd goes home where the first venue is silent for so long, and comes back with its
    /// next trade.
    static constexpr std::uint64_t silence_max = second_ns;
    static constexpr std::size_t pools_max = 256;  ///< assets beyond it have no pool

    explicit PoolVenue(std::uint64_t seed) : seed_(seed) { restart(); }

    /// Forgets everything but the seed.
    void restart();
    /// A trade on the first venue; `time` is the exchange time by then, which never runs backwards.
    void observe(const Trade& trade, std::uint64_t time);
    /// The next swap, if it is due before `time`; to be called until there is none, and before the
    /// trade of that time is observed. Its exchange_time says when it happened.
    std::optional<PoolSwap> swap_before(std::uint64_t time);

private:
    struct Asset {
        std::uint64_t id;
        std::int64_t venue_price;  ///< the first venue's last one
        Pool pool;
    };
    void schedule(std::uint64_t from);
    std::optional<PoolSwap> swap_at(std::uint64_t time);

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::vector<Asset> assets_;  ///< in the order of their first trades; few
    std::uint64_t last_trade_time_ = 0;
    std::uint64_t due_ = 0;  ///< of the next swap; 0: none is planned
};

}  // namespace trading
