// Staying: whether who writes a large message stays with it while the reader takes it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <mycelium/limits.h>
#include <mycelium/time.h>

namespace mycelium::fabric {

/// Of a large message a socket takes a part. Whoever leaves the rest to the driver has it woken and
/// lets the reader run dry meanwhile. So the caller tries again, after a yield, for as long as the
/// reader goes on taking: a nanosecond for each byte, 4 ms at most, and 50 µs in which it takes
/// nothing. Where that was in vain, the next messages are left to the driver at once, more of them
/// each time, up to 32. One thread at a time.
class Staying {
public:
    static constexpr std::size_t bytes_min = limits::gather_bytes;
    static constexpr Duration patience = std::chrono::microseconds{50};

    /// For how long, with a message of so many bytes. 0: not at all.
    Duration allowed(std::size_t bytes) noexcept {
        if (bytes < bytes_min) return Duration{0};
        if (left_out_ > 0) {
            --left_out_;
            return Duration{0};
        }
        return std::min(Duration{static_cast<Duration::rep>(std::min<std::size_t>(bytes, GiB))},
                        allowed_max);
    }
    void was_of_use() noexcept { vain_ = 0; }
    /// The reader did not take it in that time.
    void was_in_vain() noexcept {
        left_out_ = 1 << vain_;
        vain_ = std::min(vain_ + 1, vain_max);
    }

private:
    static constexpr Duration allowed_max = std::chrono::milliseconds{4};
    static constexpr int vain_max = 5;

    int vain_ = 0;      // in a row
    int left_out_ = 0;  // messages that are still to be
};

}  // namespace mycelium::fabric
