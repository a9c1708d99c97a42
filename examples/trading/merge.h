// Merge: two venues' streams, which arrive in any interleaving, in the one order that exchange time
// and the venues' watermarks define.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "market.h"
#include "messages.h"

namespace trading {

/// First in, first out, in one block of memory that is used again when it has run empty, or when as
/// much has been taken out of it as is left.
template <class T>
class Fifo {
public:
    std::size_t size() const noexcept { return items_.size() - first_; }
    bool empty() const noexcept { return first_ == items_.size(); }
    const T& front() const noexcept { return items_[first_]; }
    void push_back(const T& item) { items_.push_back(item); }
    /// Calls `change(T&)` with each.
    template <class Change>
    void for_each(Change&& change) {
        for (std::size_t i = first_; i < items_.size(); ++i) change(items_[i]);
    }
    void pop_front() noexcept {
        if (++first_ * 2 < items_.size()) return;
        items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }

private:
    std::vector<T> items_;
    std::size_t first_ = 0;
};

/// Takes what arrives, of each venue in its order; gives what is certain to come next: by exchange
/// time, a trade before a swap of the same nanosecond. What is lost is not waited for: the venue's
/// next message or watermark shows that it is over. Holds at most `held_max` messages of a venue;
/// then the other one is not waited for either, and the order is no longer exact. One thread at a
/// time.
class Merge {
public:
    static constexpr std::size_t held_max = 1'000'000;

    void add(const Trade& trade) { trades_.add(trade); }
    void add(const PoolSwap& swap) { swaps_.add(swap); }
    void add(const Watermark& watermark);

    /// None: what comes next has not arrived. A pass ends when both venues have ended it.
    std::optional<MarketEvent> next();
    /// When the last event happened.
    std::uint64_t now() const noexcept { return now_; }
    /// That have ended; a venue that begins late counts those before it.
    std::uint64_t passes() const noexcept { return passes_; }
    /// Both venues have said that nothing follows, and all that came has been given.
    bool is_over() const noexcept {
        return trades_.is_final && swaps_.is_final && trades_.items.empty() && swaps_.items.empty();
    }
    /// Always by exchange time, until now?
    bool is_exact() const noexcept { return is_exact_; }
    /// Have both venues begun at the beginning, and ended every pass that has ended? What was lost
    /// on the way is not known here.
    bool is_whole() const noexcept {
        return is_whole_ && !trades_.began_late && !swaps_.began_late;
    }

private:
    template <class T>
    struct Stream {
        struct Item {
            T value;
            std::uint64_t time;  ///< never earlier than the one before
            std::uint64_t pass;
        };
        Fifo<Item> items;
        std::uint64_t last_time = 0;
        std::uint64_t mark = 0;    ///< nothing before it follows
        std::uint64_t passes = 0;  ///< completed
        bool is_final = false;
        bool began_late = false;  ///< has ever said so

        void add(const T& value) {
            last_time = std::max(last_time, value.exchange_time);
            mark = std::max(mark, last_time);
            is_final = false;
            items.push_back({value, last_time, passes});
        }
        void add(const Watermark& watermark) {
            mark = std::max(mark, watermark.exchange_time);
            if (watermark.passes < passes) begin_anew(watermark.passes);
            passes = watermark.passes;
            is_final = watermark.is_final != 0;
            began_late |= watermark.began_late != 0;
        }
        /// The venue counts its passes from there again. What it has said of later ones does not
        /// wait for them to begin: it may never come to them.
        void begin_anew(std::uint64_t from) {
            items.for_each([from](Item& item) { item.pass = std::min(item.pass, from); });
        }
        /// The first, if it belongs to a pass that has begun.
        const Item* front(std::uint64_t begun) const {
            return items.empty() || items.front().pass > begun ? nullptr : &items.front();
        }
        bool is_full() const noexcept { return items.size() > held_max; }
    };
    template <class T>
    MarketEvent take(Stream<T>& stream);
    std::uint64_t may_begin_pass() const noexcept;
    MarketEvent force();

    Stream<Trade> trades_;
    Stream<PoolSwap> swaps_;
    std::uint64_t passes_ = 0;
    std::uint64_t now_ = 0;
    bool is_exact_ = true;
    bool is_whole_ = true;
};

}  // namespace trading
