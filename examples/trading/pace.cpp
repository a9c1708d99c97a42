#include "pace.h"

#include "decimal.h"
#include "wide.h"

namespace trading {

mycelium::Instant Pace::due(std::uint64_t exchange_time, mycelium::Instant now) noexcept {
    if (speed_.times_e8 == 0) return now;
    if (!has_begun_) {
        has_begun_ = true;
        first_time_ = exchange_time;
        if (!is_begun_given_) begun_ = now;
    }
    const Wide elapsed =
        static_cast<Wide>(exchange_time - first_time_) * decimal_one / speed_.times_e8;
    if (elapsed >= (mycelium::never - begun_).count()) return mycelium::never;
    return begun_ + mycelium::Duration{static_cast<std::int64_t>(elapsed)};
}

}  // namespace trading
