// Gather: when to send a message at once, and when to let a burst collect.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mycelium::transport {

/// A lone message is sent at once. After eight publish calls less than 1.5 µs apart (for each
/// message, where a call brings several, but 5 µs at most) the link gathers: what follows is
/// collected until gather_bytes are together or the driver finds that it has waited 15 µs. One gap
/// over 20 µs, or two over 1.5 µs, end it. Pure: the time comes with each call, in nanoseconds.
class Gather {
public:
    /// One publish call at `now_ns`. True: collect.
    bool publish(std::uint64_t now_ns, std::size_t messages = 1) noexcept {
        const std::uint64_t gap = now_ns > last_ns_ ? now_ns - last_ns_ : 0;
        last_ns_ = now_ns;
        if (gap > long_gap_ns) {
            stop();
        } else if (gap > short_gap_ns && gap > std::min(short_gap_ns * messages, batch_gap_ns)) {
            quick_ = 0;
            if (is_gathering_ && ++slow_ >= 2) stop();
        } else {
            slow_ = 0;
            if (!is_gathering_ && ++quick_ >= quick_to_start) is_gathering_ = true;
        }
        return is_gathering_;
    }
    /// A system call ended at `now_ns`, or a publish call to several links: the time it took is not
    /// a gap of the publisher's.
    void sent(std::uint64_t now_ns) noexcept { last_ns_ = now_ns; }
    /// The driver: has nothing come since its last look?
    bool is_stale(std::uint64_t now_ns) const noexcept {
        return now_ns > last_ns_ + 2 * long_gap_ns || now_ns < last_ns_;
    }
    void stop() noexcept {
        is_gathering_ = false;
        quick_ = 0;
        slow_ = 0;
    }
    bool is_gathering() const noexcept { return is_gathering_; }

private:
    static constexpr std::uint64_t short_gap_ns = 1'500;
    static constexpr std::uint64_t batch_gap_ns = 5'000;
    static constexpr std::uint64_t long_gap_ns = 20'000;
    static constexpr int quick_to_start = 8;

    std::uint64_t last_ns_ = 0;
    int quick_ = 0;
    int slow_ = 0;
    bool is_gathering_ = false;
};

}  // namespace mycelium::transport
