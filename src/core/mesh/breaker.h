// Breaker: keeps away from a peer that fails again and again, and tries it now and then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include <mycelium/time.h>

namespace mycelium::mesh {

struct BreakerLimits {
    std::size_t failures_max = 5;                  ///< so many …
    Duration window = std::chrono::seconds{60};    ///< … within this open it
    Duration open_for = std::chrono::seconds{60};  ///< then nobody is let through
    std::size_t probes_max = 1;                    ///< half open: so many are, and no more
};

/// A value; time is an argument and never goes back. Closed: all may pass. Open: none, until
/// `open_for` has passed. Half open: exactly `probes_max` may; the first failure opens it again, as
/// many successes as probes close it. A probe of which nothing has been heard for `open_for` makes
/// room for another.
class Breaker {
public:
    enum class State : std::uint8_t { closed, open, half_open };

    explicit Breaker(BreakerLimits limits = {}) noexcept : limits_(limits) {}

    /// May one more pass now? In the half-open state that one is a probe.
    bool allow(Instant now);
    void succeed(Instant now);
    void fail(Instant now);
    /// The last failure was none after all.
    void forgive() noexcept;

    State state(Instant now) const noexcept;
    /// When it will let somebody through again, if it is open.
    Instant retry_at() const noexcept { return opened_ + limits_.open_for; }
    std::size_t failures() const noexcept { return failures_.size(); }

private:
    void open(Instant now);

    BreakerLimits limits_;
    std::deque<Instant> failures_;  // while closed, within the window
    bool is_open_ = false;
    Instant opened_{};
    std::size_t probes_ = 0;     // let through since it was half open
    std::size_t successes_ = 0;  // of them
    Instant probed_{};           // when the last one was let through
};

std::string_view name_of(Breaker::State state) noexcept;

}  // namespace mycelium::mesh
