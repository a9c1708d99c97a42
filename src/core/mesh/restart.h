// Restart: what is done about a service that has ended.
#pragma once

#include <cstdint>
#include <deque>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "base/backoff.h"

namespace mycelium::mesh {

enum class Restart : std::uint8_t { always, on_failure, never };
/// "always", "on-failure", "never".
std::string_view name_of(Restart restart) noexcept;

struct RestartLimits {
    Restart when = Restart::always;
    std::uint32_t restarts_max = 10;  ///< within the window; 0: the first end is the last
    Duration window = std::chrono::seconds{60};
    Duration backoff_first = std::chrono::milliseconds{10};
    Duration backoff_max = std::chrono::seconds{5};

    friend bool operator==(const RestartLimits&, const RestartLimits&) = default;
};

/// One service's record. Waits grow from `backoff_first` to `backoff_max` by doubling, each
/// shortened by up to a quarter at random; a run that lasted a tenth of the window begins anew.
/// Time comes as an argument. One thread.
class RestartPolicy {
public:
    RestartPolicy(const RestartLimits& limits, std::uint64_t seed) noexcept;

    struct Verdict {
        enum class What : std::uint8_t { restart, ended, failed };
        What what = What::ended;
        Duration wait{};             ///< until the restart
        std::uint32_t restarts = 0;  ///< of the window, this one included
    };
    /// A run that began at `started` has ended at `now`.
    Verdict ended(Instant started, Instant now, bool is_success);
    /// Somebody starts it by hand: what was is forgotten.
    void reset() noexcept;

private:
    RestartLimits limits_;
    base::Backoff backoff_;
    std::deque<Instant> restarts_;  // at most restarts_max, those of the window
};

}  // namespace mycelium::mesh
