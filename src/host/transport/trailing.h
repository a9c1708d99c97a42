// Trailing: how far behind its publisher a reader of a log stays.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/relax.h"
#include "host/memory/log_reader.h"
#include "host/os/clock.h"

namespace mycelium::transport {

/// Who reads the line that is being written takes it from the writer, and the next ones with it,
/// which its core fetches ahead. A reader that is as fast as its publisher takes every message
/// alone, at the price of many such lines, and both are slow. So in a stream a reader leaves alone
/// what was written last, and comes back when there is more; once in a while it finds out whether
/// there is a stream. When the publisher pauses it takes the rest. What it believes of the
/// publisher's position decides only this. One thread at a time.
class Trailing {
public:
    static constexpr std::uint64_t everything = UINT64_MAX;

    /// The reader is about to take what there is from `position` on: up to where it should. May
    /// stay for 5 µs.
    std::uint64_t end(const memory::LogReader& log, std::uint64_t position) noexcept {
        if (!is_stream_ && ++takes_ < takes_until_try_) return everything;
        takes_ = 0;
        std::uint64_t seen = log.next_position();
        for (int looks = 0; looks < looks_max; ++looks) {
            const std::uint64_t ahead = seen - position;
            if (ahead >= distance + step && ahead < nonsense) {
                is_stream_ = true;
                takes_until_try_ = takes_min;
                return seen - distance;
            }
            wait();
            const std::uint64_t before = std::exchange(seen, log.next_position());
            if (seen == before) break;
        }
        give_up();
        return everything;
    }
    /// It is no stream, or not one that can be followed at a distance.
    void give_up() noexcept {
        takes_until_try_ = is_stream_ ? takes_min : std::min(2 * takes_until_try_, takes_max);
        is_stream_ = false;
    }

private:
    // A core fetches up to 20 lines ahead of one that reads in order.
    static constexpr std::uint64_t distance = 1536;
    // Each look takes the line of its position from the publisher, so they must be rare.
    static constexpr std::uint64_t step = 4096;
    static constexpr std::uint64_t nonsense = 1ULL << 62;
    static constexpr Duration pause = std::chrono::nanoseconds{300};
    static constexpr int looks_max = 16;
    static constexpr int takes_min = 64;
    static constexpr int takes_max = 1024;

    static void wait() noexcept {
        const Instant begin = os::now();
        do base::relax();
        while (os::now() - begin < pause);
    }

    bool is_stream_ = false;
    int takes_ = 0;  // since the last try
    int takes_until_try_ = takes_min;
};

}  // namespace mycelium::transport
