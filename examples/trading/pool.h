// Pool: two reserves whose product the traders keep constant, as in Uniswap V2. Integers only: the
// same everywhere.
#pragma once

#include <cstdint>
#include <optional>

namespace trading {

/// A value. Amounts and prices are fixed point with 8 decimals.
class Pool {
public:
    static constexpr std::int64_t reserve_min = 1'000'000;
    static constexpr std::int64_t reserve_max = std::int64_t{1} << 60;

    /// With two million of the quote currency and base at `price`. None: a reserve would pass its
    /// limits.
    static std::optional<Pool> at_price(std::int64_t price);

    /// What a swap moved; both are positive.
    struct Swap {
        std::int64_t base;
        std::int64_t quote;
    };
    /// Gives `quote` to the pool and takes base, 0.3 % being the fee, which stays in the pool.
    /// None: nothing would come out, or a reserve would pass its limits; the pool is as before.
    std::optional<Swap> buy_base(std::int64_t quote);
    /// Gives `base` to the pool and takes quote.
    std::optional<Swap> sell_base(std::int64_t base);

    std::int64_t base() const noexcept { return base_; }
    std::int64_t quote() const noexcept { return quote_; }
    std::int64_t price() const noexcept { return price_of(base_, quote_); }

private:
    Pool(std::int64_t base, std::int64_t quote) noexcept : base_(base), quote_(quote) {}
    static std::int64_t price_of(std::int64_t base, std::int64_t quote) noexcept;
    static bool is_within_limits(std::int64_t base, std::int64_t quote) noexcept;

    std::int64_t base_;
    std::int64_t quote_;
};

}  // namespace trading
