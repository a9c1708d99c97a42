// Merge: two venues' streams, which arrive in any interleaving, in the one order that the adapter's
// watermarks define.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "market.h"
#include "messages.h"

namespace trading {

/// Takes what arrives, gives what is complete: by exchange time, a trade before a swap of the same
/// nanosecond. Sequence numbers are those of the two publishers, counted from 1, so that a lost
/// message is a number that never comes. It holds what the adapter publishes between two
/// watermarks, and what is under way. One thread at a time.
class Merge {
public:
    void add(const Trade& trade, std::uint64_t sequence) { trades_.add(trade, sequence); }
    void add(const PoolSwap& swap, std::uint64_t sequence) { swaps_.add(swap, sequence); }
    void add(const Watermark& watermark) { watermarks_.push_back(watermark); }
    /// Nothing will arrive any more: what is missing is lost.
    void settle() noexcept { is_settled_ = true; }

    /// None: what comes next has not arrived.
    std::optional<MarketEvent> next();
    /// When the last event happened.
    std::uint64_t now() const noexcept { return now_; }
    /// The last watermark that is done with.
    const Watermark& reached() const noexcept { return reached_; }

private:
    template <class T>
    struct Stream {
        struct Item {
            T value;
            std::uint64_t sequence;
            std::uint64_t time;  ///< never earlier than the one before
        };
        std::deque<Item> items;
        std::uint64_t last_sequence = 0;
        std::uint64_t last_time = 0;

        void add(const T& value, std::uint64_t sequence) {
            last_sequence = sequence;
            last_time = std::max(last_time, value.exchange_time);
            items.push_back({value, sequence, last_time});
        }
        const Item* front_until(std::uint64_t sequence) const;
    };
    template <class T>
    MarketEvent take(Stream<T>& stream);
    std::optional<MarketEvent> reach(const Watermark& watermark);

    Stream<Trade> trades_;
    Stream<PoolSwap> swaps_;
    std::deque<Watermark> watermarks_;
    Watermark reached_;
    std::uint64_t now_ = 0;
    bool is_settled_ = false;
};

}  // namespace trading
