// Seat: which core a side of a measurement sits on.
#pragma once

#include <sched.h>

namespace mycelium::bench {

/// Keeps the calling thread on the first core that the process may use (near) or on the last (far),
/// until destroyed. Left to the scheduler, two blocking processes share a core in one round and not
/// in the next, and the figure says which. With one core allowed both share it. Sides that are more
/// than two sit `anywhere`: there may be fewer cores than sides, and to divide them well is the
/// scheduler's matter.
class Seat {
public:
    enum class End { near, far, anywhere };
    explicit Seat(End end) noexcept;
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

private:
    cpu_set_t before_{};
    bool is_taken_ = false;
};

}  // namespace mycelium::bench
