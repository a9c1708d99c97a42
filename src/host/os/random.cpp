#include "host/os/random.h"

#include <sys/random.h>

#include "host/os/clock.h"

namespace mycelium::os {

std::uint64_t random_number() noexcept {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) == sizeof number) return number;
    // A kernel without getrandom or a filter that forbids it: the clock is unique enough for an id.
    return unix_time_ns() * 6364136223846793005u;
}

}  // namespace mycelium::os
