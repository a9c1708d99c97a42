// Stamps: the Unix clock for whoever asks it for every message of a stream.
#pragma once

#include <cstdint>

#include "host/os/clock.h"
#include "host/os/ticks.h"

namespace mycelium::fabric {

/// The time between two readings of the clock, by the processor's ticks: they cost a third of a
/// reading. For at most 100 µs, so that a clock that is set, or slewed, is soon followed. Within
/// them it lies behind the clock, by what a reading takes: a fraction of a microsecond. Pure: ticks
/// and readings come with the calls. A value; one thread at a time.
class Interpolation {
public:
    /// The time at `ticks`; 0: read the clock.
    std::uint64_t at(std::uint64_t ticks) const noexcept {
        const std::uint64_t since = ticks - anchor_ticks_;
        return since < span_ticks_ ? anchor_ns_ + (since * ns_per_tick_ >> 32) : 0;
    }
    /// The clock said `ns` at some time after there were `before` ticks, and until `after`.
    void read(std::uint64_t before, std::uint64_t ns, std::uint64_t after) noexcept {
        span_ticks_ = 0;
        if (after - before > reading_ticks_max) return;  // interrupted: nobody knows when it was
        anchor_ticks_ = after;                           // so that it is never ahead of the clock
        anchor_ns_ = ns;
        const std::uint64_t passed_ns = ns - base_ns_;
        const std::uint64_t passed_ticks = after - base_ticks_;
        if (passed_ns >= measured_ns_min && passed_ns < measured_ns_max) {
            const std::uint64_t rate = (passed_ns << 32) / (passed_ticks + (passed_ticks == 0));
            const std::uint64_t off =
                rate > ns_per_tick_ ? rate - ns_per_tick_ : ns_per_tick_ - rate;
            // If it changes by much the clock was set, or these are no steady ticks.
            const bool is_likely = ns_per_tick_ == 0 || off <= ns_per_tick_ / 1'000;
            ns_per_tick_ = is_likely && rate < rate_max ? rate : 0;
            if (ns_per_tick_ == 0 || passed_ns >= measured_ns_max / 2) begin_measuring();
        } else if (passed_ns >= measured_ns_max) {  // long ago, or the clock was set back
            begin_measuring();
        }
        if (ns_per_tick_ != 0) span_ticks_ = (span_ns << 32) / ns_per_tick_;
    }

private:
    static constexpr std::uint64_t span_ns = 100'000;
    static constexpr std::uint64_t measured_ns_min = 1'000'000;
    static constexpr std::uint64_t measured_ns_max = 2'000'000'000;
    static constexpr std::uint64_t reading_ticks_max = 600;
    static constexpr std::uint64_t rate_max = std::uint64_t{16} << 32;  // no processor is slower

    void begin_measuring() noexcept {
        base_ticks_ = anchor_ticks_;
        base_ns_ = anchor_ns_;
    }

    std::uint64_t anchor_ticks_ = 0;
    std::uint64_t anchor_ns_ = 0;
    std::uint64_t span_ticks_ = 0;   // for so long it is good; 0: it is not
    std::uint64_t ns_per_tick_ = 0;  // in units of 2^-32; 0: not known
    std::uint64_t base_ticks_ = 0;   // since then it is measured
    std::uint64_t base_ns_ = 0;
};

/// Stamps do not go back, but where the clock does, by more than they may be off it. A value; one
/// thread at a time.
class InOrder {
public:
    std::uint64_t next(std::uint64_t stamp) noexcept {
        if (stamp >= last_ || last_ - stamp > error_ns_max) last_ = stamp;
        return last_;
    }

private:
    static constexpr std::uint64_t error_ns_max = 10'000;
    std::uint64_t last_ = 0;
};

/// One port's. With its lock held.
class Stamps {
public:
    std::uint64_t now() noexcept {
        if (!has_ticks_) return os::unix_time_ns();
        const std::uint64_t ticks = os::ticks();
        const std::uint64_t time = between_.at(ticks);
        return order_.next(time != 0 ? time : read(ticks));
    }

private:
    std::uint64_t read(std::uint64_t ticks) noexcept {
        const std::uint64_t time = os::unix_time_ns();
        between_.read(ticks, time, os::ticks());
        return time;
    }

    const bool has_ticks_ = os::has_steady_ticks();
    Interpolation between_;
    InOrder order_;
};

}  // namespace mycelium::fabric
