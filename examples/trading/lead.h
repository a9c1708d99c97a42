// Lead: how far a venue has run ahead of the strategy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace trading {

/// Counted in events, since watermarks come as densely as the pace wants them: after each event
/// where it is slow, after hundreds where it is fast. A value.
class Lead {
public:
    static constexpr std::uint64_t events_per_step = 256;
    static constexpr std::size_t steps_max = 64;

    /// One more event of the market, whether the venue had to publish it or not.
    void add_event() noexcept { ++events_; }
    /// The venue has said that all before `exchange_time` is published.
    void mark(std::uint64_t exchange_time) {
        if (events_ < events_per_step) return;
        events_ = 0;
        steps_.push_back(exchange_time);
    }
    /// The strategy has said that it has taken all before `exchange_time`.
    void reach(std::uint64_t exchange_time) {
        while (!steps_.empty() && steps_.front() <= exchange_time) steps_.pop_front();
    }
    /// What was published until now is not waited for.
    void forget() noexcept { steps_.clear(); }

    bool is_too_long() const noexcept { return steps_.size() >= steps_max; }

private:
    std::uint64_t events_ = 0;         // since the last step
    std::deque<std::uint64_t> steps_;  // exchange times that the strategy has not reached
};

}  // namespace trading
