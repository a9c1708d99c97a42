// Staying: whether who writes a large message stays with it while the reader takes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <mycelium/limits.h>

#include "base/eagerness.h"

namespace mycelium::transport {

/// Of a large message a socket takes a part. Whoever leaves the rest to the driver has it woken and
/// lets the reader run dry meanwhile. So the caller tries again, after a yield, for as long as the
/// reader goes on taking (base::Eagerness), but no longer than a nanosecond for each byte, and 4
/// ms: a reader that takes a little at a time holds nobody up. Pure: the time comes with each call,
/// in nanoseconds. One thread at a time.
class Staying {
public:
    /// A caller is about to write `bytes`.
    void begin(std::size_t bytes) noexcept {
        allowed_ns_ = bytes < bytes_min ? 0 : std::min<std::uint64_t>(bytes, allowed_max_ns);
        until_ns_ = 0;
        eagerness_.came(taken_at_once, true);
    }
    /// From now on whoever writes is not the caller.
    void end() noexcept {
        allowed_ns_ = 0;
        if (std::exchange(is_waiting_, false)) eagerness_.break_off();
    }
    /// The socket takes nothing at `now_ns`. True: yield, and try again.
    bool try_again(std::uint64_t now_ns) noexcept {
        if (allowed_ns_ == 0) return false;
        if (until_ns_ == 0) until_ns_ = now_ns + allowed_ns_;
        if (now_ns >= until_ns_) return false;
        return is_waiting_ = eagerness_.look_again(now_ns);
    }
    /// It took some.
    void took() noexcept {
        if (std::exchange(is_waiting_, false)) eagerness_.found();
    }

private:
    static constexpr std::size_t bytes_min = 16 * KiB;
    static constexpr std::uint64_t allowed_max_ns = 4'000'000;
    static constexpr std::size_t taken_at_once = 128 * KiB;  // by a reader

    base::Eagerness eagerness_;
    std::uint64_t allowed_ns_ = 0;
    std::uint64_t until_ns_ = 0;  // 0: nothing was refused yet
    bool is_waiting_ = false;
};

}  // namespace mycelium::transport
