// Arrival: when messages came, without a look at the clock for each of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trading {

/// Of messages that come in a row. A value.
class Arrival {
public:
    static constexpr std::size_t messages_per_look = 64;

    /// Of the next message, which was sent at `sent`: as late as the last look at the clock, and
    /// that is repeated for one that was sent after it, which would else have taken no time.
    template <class ReadClock>
    std::uint64_t of(std::uint64_t sent, ReadClock&& read_clock) {
        if (count_++ % messages_per_look == 0 || sent > now_) now_ = read_clock();
        return now_;
    }

private:
    std::uint64_t now_ = 0;
    std::size_t count_ = 0;
};

}  // namespace trading
