// Eagerness: how long a port looks for the next message before it sleeps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mycelium::fabric {

/// Falling asleep and being woken costs two processes more time than a quick answer takes to come:
/// a wait begins by looking. Where that finds nothing three times in a row, the next waits sleep at
/// once, more and more of them. Where it finds something but takes longer than a sleep would cost,
/// they do so, too: messages that come every 20 µs shall not keep a core busy. Unless they are
/// large: whoever writes a megabyte is busy for that long, and would have to wake the reader of
/// each. Pure: the time comes with each call, in nanoseconds. One thread at a time.
class Eagerness {
public:
    /// Nothing was there at `now_ns`, the first time in this wait or after a look. True: look
    /// again, after a yield; false: sleep.
    bool look_again(std::uint64_t now_ns) noexcept {
        if (begin_ns_ == 0) {
            if (sleeps_left_ > 0) {
                --sleeps_left_;
                return false;
            }
            begin_ns_ = last_ns_ = now_ns;
            return true;
        }
        // Who yields and comes back late shares the core with others, who want it.
        const bool is_crowded = now_ns - last_ns_ > crowded_ns;
        last_ns_ = now_ns;
        const std::uint64_t span =
            std::max(span_ns + writing_ns_, failures_ == 0 ? 0 : long_span_ns);
        if (!is_crowded && now_ns - begin_ns_ <= span) return true;
        begin_ns_ = 0;
        if (is_crowded) crowding_ = std::min(crowding_ + crowded_look, crowding_max);
        failures_ = is_core_wanted() ? failures_max : std::min(failures_ + 1, failures_max);
        if (failures_ >= failures_to_rest) sleeps_left_ = 1 << failures_;
        return false;
    }
    /// The wait ended while looking.
    void found() noexcept {
        crowding_ = std::max(crowding_ - 1, 0);
        average_ns_ += (static_cast<std::int64_t>(last_ns_ - begin_ns_) - average_ns_) / 8;
        begin_ns_ = 0;
        failures_ = 0;
        if (average_ns_ <= worthwhile_ns + static_cast<std::int64_t>(writing_ns_)) return;
        average_ns_ = 0;
        sleeps_left_ = slow_rest;
    }

    /// The last message was so large, and its bytes came by a socket or through memory.
    void came(std::size_t bytes, bool is_by_socket) noexcept {
        writing_ns_ = is_by_socket
                          ? std::min<std::uint64_t>(bytes / sent_per_ns, sending_max_ns)
                          : std::min<std::uint64_t>(bytes / written_per_ns, writing_max_ns);
    }

    /// Do others run whenever this one yields? One late return says nothing: it may have been an
    /// interrupt.
    bool is_core_wanted() const noexcept { return crowding_ >= crowding_max; }

    /// The wait ended for another reason.
    void break_off() noexcept { begin_ns_ = 0; }

private:
    static constexpr std::uint64_t span_ns = 25'000;
    // Two that wait for each other asleep answer late because they sleep: one that looks for longer
    // than both take to wake up finds the answer, and from then on both are quick.
    static constexpr std::uint64_t long_span_ns = 100'000;
    static constexpr std::int64_t worthwhile_ns = 12'000;
    static constexpr std::size_t written_per_ns = 16;
    static constexpr std::uint64_t writing_max_ns = 75'000;
    static constexpr std::size_t sent_per_ns = 5;  // into the kernel and out of it
    static constexpr std::uint64_t sending_max_ns = 250'000;
    static constexpr int slow_rest = 32;
    static constexpr std::uint64_t crowded_ns = 30'000;
    static constexpr int crowded_look = 4;
    static constexpr int crowding_max = 8;
    static constexpr int failures_to_rest = 3;
    static constexpr int failures_max = 10;

    std::uint64_t begin_ns_ = 0;  // 0: not looking
    std::uint64_t last_ns_ = 0;
    std::uint64_t writing_ns_ = 0;  // what the last message took, at least
    std::int64_t average_ns_ = 0;   // of the looks that found something
    int failures_ = 0;
    int sleeps_left_ = 0;
    int crowding_ = 0;  // looks that were interrupted by others; found ones count against them
};

}  // namespace mycelium::fabric
