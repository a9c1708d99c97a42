#include "benchmarks/raw/seat.h"

namespace mycelium::bench {

Seat::Seat(End end) noexcept {
    if (end == End::anywhere || ::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &before_)) continue;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        if (end == End::near) break;
    }
    is_taken_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
}

Seat::~Seat() {
    if (is_taken_) ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace mycelium::bench
