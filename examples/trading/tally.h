// Tally: what the table has received until now, counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "latency.h"
#include "messages.h"

namespace trading {

/// A value. One thread at a time.
class Tally {
public:
    static constexpr std::size_t assets_max = 256;  ///< prices of more are not kept

    struct Stream {
        std::uint64_t received = 0;
        mycelium::Missed missed;
        Latency latency;
    };
    struct Prices {
        std::int64_t coinbase = 0;  ///< 0: none yet
        std::int64_t pool = 0;
    };

    /// `now_ns`: nanoseconds since the Unix epoch, as the header's timestamp counts them.
    void add(const mycelium::Sample<Trade>& trade, std::uint64_t now_ns);
    void add(const mycelium::Sample<PoolSwap>& swap, std::uint64_t now_ns);
    void add(const mycelium::Sample<Signal>& signal, std::uint64_t now_ns);
    void add(const Report& report) { report_ = report; }

    const Stream& trades() const noexcept { return trades_; }
    const Stream& swaps() const noexcept { return swaps_; }
    const Stream& signals() const noexcept { return signals_; }
    const std::map<std::uint64_t, Prices>& prices() const noexcept { return prices_; }
    const Signal& last_signal() const noexcept { return last_signal_; }  ///< sequence 0: none yet
    const Report& report() const noexcept { return report_; }

    /// Of both venues.
    std::uint64_t messages() const noexcept { return trades_.received + swaps_.received; }
    /// What was published and has not come, here or at the strategy. Before the last report: what
    /// is known to be lost.
    std::uint64_t losses() const noexcept;
    /// The last report is here, and everything that it says has been published.
    bool is_complete() const noexcept;
    /// Of all messages.
    Latency latency() const;

private:
    void count(Stream& stream, const mycelium::Header& header, const mycelium::Missed& missed,
               std::uint64_t now_ns);
    Prices* prices_of(std::uint64_t asset_id);

    Stream trades_;
    Stream swaps_;
    Stream signals_;
    std::map<std::uint64_t, Prices> prices_;
    Signal last_signal_;
    Report report_;
};

}  // namespace trading
