#include "digest.h"

#include <cstddef>
#include <cstdio>

namespace trading {

template <std::integral Integer>
void Digest::add_integer(Integer value) noexcept {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        hash_ ^= static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
        hash_ *= 1099511628211u;
    }
}

void Digest::add(const Signal& signal) noexcept {
    add_integer(signal.sequence);
    add_integer(signal.asset_id);
    add_integer(signal.exchange_time);
    add_integer(signal.buy_price);
    add_integer(signal.sell_price);
    add_integer(signal.size);
    add_integer(signal.buy_venue);
    add_integer(signal.sell_venue);
    add_integer(signal.spread_bps);
}

std::string Digest::text_of(std::uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace trading
