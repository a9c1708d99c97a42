// Tally: what the table has received until now, counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "latency.h"
#include "messages.h"

namespace trading {

/// When a message was where, in nanoseconds since the Unix epoch.
struct Times {
    std::uint64_t published = 0;
    std::uint64_t relayed = 0;
    std::uint64_t received = 0;
};

/// A value. One thread at a time.
class Tally {
public:
    static constexpr std::size_t assets_max = 256;  ///< prices of more are not kept

    struct Stream {
        std::uint64_t received = 0;
        Latency latency;
    };
    /// To a relay and from it on.
    struct Hops {
        Latency in;
        Latency out;
    };
    struct Prices {
        std::int64_t coinbase = 0;  ///< 0: none yet
        std::int64_t pool = 0;
    };

    void add(const Trade& trade, const Times& times);
    void add(const PoolSwap& swap, const Times& times);
    void add(const Signal& signal, const Times& times);
    void add(const Fill& fill, const Times& times);
    void add(const Watermark& mark, const Times&);
    void add(const StrategyReport& report, const Times&) { strategy_ = report; }
    void add(const ExecutionReport& report, const Times&) { execution_ = report; }
    /// What the table itself has missed, of all publishers.
    void set_missed(std::uint64_t missed) noexcept { missed_ = missed; }

    const Stream& trades() const noexcept { return trades_; }
    const Stream& swaps() const noexcept { return swaps_; }
    const Stream& signals() const noexcept { return signals_; }
    const Stream& fills() const noexcept { return fills_; }
    /// Of the market's, the signals' and the executions' relay.
    const std::array<Hops, 3>& hops() const noexcept { return hops_; }
    const std::map<std::uint64_t, Prices>& prices() const noexcept { return prices_; }
    const Signal& last_signal() const noexcept { return last_signal_; }  ///< sequence 0: none yet
    const StrategyReport& strategy() const noexcept { return strategy_; }
    const ExecutionReport& execution() const noexcept { return execution_; }
    /// Passes that both venues have completed.
    std::uint64_t passes() const noexcept;

    /// Of both venues.
    std::uint64_t messages() const noexcept { return trades_.received + swaps_.received; }
    /// What has not reached the table, the strategy or the execution, while these were there.
    std::uint64_t losses() const noexcept { return missed_ + strategy_.missed + execution_.missed; }
    /// Everybody has said that nothing follows, which comes after all the rest.
    bool is_complete() const noexcept {
        return coinbase_.is_final != 0 && pools_.is_final != 0 && strategy_.is_final != 0 &&
               execution_.is_final != 0;
    }
    /// Of all messages.
    Latency latency() const;
    /// Between the first trade and the last one, as they were received; 0: there are not two.
    double trades_per_second() const noexcept;

private:
    void count(Stream& stream, Hops& hops, const Times& times);
    Prices* prices_of(std::uint64_t asset_id);

    Stream trades_;
    Stream swaps_;
    Stream signals_;
    Stream fills_;
    std::array<Hops, 3> hops_;
    std::map<std::uint64_t, Prices> prices_;
    Signal last_signal_;
    Watermark coinbase_;
    Watermark pools_;
    StrategyReport strategy_;
    ExecutionReport execution_;
    std::uint64_t first_trade_ns_ = 0;
    std::uint64_t last_trade_ns_ = 0;
    std::uint64_t missed_ = 0;
};

}  // namespace trading
