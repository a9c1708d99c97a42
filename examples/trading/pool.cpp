#include "pool.h"

#include <limits>

#include "decimal.h"
#include "wide.h"

namespace trading {
namespace {

constexpr std::int64_t opening_quote = 2'000'000 * decimal_one;

/// What comes out of `reserve_out` for `in`: the product of the reserves stays, of `in` 0.3 % does
/// not count.
std::int64_t amount_out(std::int64_t in, std::int64_t reserve_in, std::int64_t reserve_out) {
    const Wide counted = wide(in) * 997;
    return static_cast<std::int64_t>(counted * reserve_out / (wide(reserve_in) * 1000 + counted));
}

}  // namespace

std::optional<Pool> Pool::at_price(std::int64_t price) {
    if (price <= 0) return std::nullopt;
    const Wide base = wide(opening_quote) * decimal_one / price;
    if (base > reserve_max || !is_within_limits(static_cast<std::int64_t>(base), opening_quote))
        return std::nullopt;
    return Pool{static_cast<std::int64_t>(base), opening_quote};
}

std::optional<Pool::Swap> Pool::buy_base(std::int64_t quote) {
    if (quote <= 0 || quote > reserve_max - quote_) return std::nullopt;
    const std::int64_t out = amount_out(quote, quote_, base_);
    if (out == 0 || !is_within_limits(base_ - out, quote_ + quote)) return std::nullopt;
    base_ -= out;
    quote_ += quote;
    return Swap{out, quote};
}

std::optional<Pool::Swap> Pool::sell_base(std::int64_t base) {
    if (base <= 0 || base > reserve_max - base_) return std::nullopt;
    const std::int64_t out = amount_out(base, base_, quote_);
    if (out == 0 || !is_within_limits(base_ + base, quote_ - out)) return std::nullopt;
    base_ += base;
    quote_ -= out;
    return Swap{base, out};
}

std::int64_t Pool::price_of(std::int64_t base, std::int64_t quote) noexcept {
    return static_cast<std::int64_t>(wide(quote) * decimal_one / base);
}

/// The price must stay a positive number of 63 bits too: with the smallest reserves it just might
/// not.
bool Pool::is_within_limits(std::int64_t base, std::int64_t quote) noexcept {
    if (base < reserve_min || base > reserve_max || quote < reserve_min || quote > reserve_max)
        return false;
    const Wide price = wide(quote) * decimal_one / base;
    return price > 0 && price <= std::numeric_limits<std::int64_t>::max();
}

}  // namespace trading
