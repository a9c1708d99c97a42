// Foresight: how soon what a port waits for is likely to come.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mycelium::fabric {

/// A look at a socket is a system call, and so is the yield before the next. Answers that come
/// regularly are better waited for without either: the first looks of a wait come when the last
/// ones found something, and a few pauses later. An answer that comes at once is noticed later by
/// some hundredths of the wait. Whoever shares the processor with the other side learns that only a
/// yield brings the answer, and yields at once for a while. Pure: times come with the calls, in
/// nanoseconds. One thread at a time.
class Foresight {
public:
    /// Before a look, of which `looks` in this wait have found nothing: for how long to stay away
    /// without giving up the processor; 0: yield instead.
    std::uint64_t pause_ns(int looks) const noexcept {
        if (looks >= pauses_max) return 0;
        return looks == 0 ? expected_ns_ : expected_ns_ / 8;
    }
    /// The wait ended by look number `looks`, so long after it began.
    void found(int looks, std::uint64_t after_ns) noexcept {
        const bool has_paused = expected_ns_ != 0;
        if (has_paused && looks > pauses_max && ++yielded_for_ == yielded_for_max) {
            yielded_for_ = 0;
            expected_ns_ = 0;
            waits_left_out_ = left_out;
        } else if (after_ns > expected_max_ns) {
            expected_ns_ = 0;
        } else if (!has_paused) {
            if (waits_left_out_ == 0)
                expected_ns_ = after_ns;
            else
                --waits_left_out_;
        } else if (looks == 1) {
            yielded_for_ = 0;
            expected_ns_ -= expected_ns_ / 24;
        } else {
            if (looks <= pauses_max) yielded_for_ = 0;
            expected_ns_ += (std::max(after_ns, expected_ns_) - expected_ns_) / 6;
        }
    }

private:
    static constexpr std::uint64_t expected_max_ns = 10'000;
    static constexpr int pauses_max = 4;
    static constexpr int yielded_for_max = 3;
    static constexpr int left_out = 100;

    std::uint64_t expected_ns_ = 0;  // 0: it yields
    int yielded_for_ = 0;            // waits in a row that no pause has ended
    int waits_left_out_ = 0;
};

}  // namespace mycelium::fabric
