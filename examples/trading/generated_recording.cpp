#include "generated_recording.h"

#include <array>
#include <random>
#include <string_view>

#include "decimal.h"
#include "exchange_time.h"

namespace trading {
namespace {

struct Product {
    std::string_view name;
    std::int64_t price;  ///< all three: fixed point, 8 decimals
    std::int64_t tick;
    std::int64_t size_max;
};

constexpr std::uint64_t start_time = 1'755'893'490 * second_ns;
constexpr std::uint64_t pause_ns_max = 60 * millisecond_ns;
constexpr std::int64_t cent = decimal_one / 100;

void append_match(std::string& text, const Product& product, std::uint64_t number, bool maker_buys,
                  std::int64_t size, std::uint64_t time) {
    text.append(R"({"type":"match","trade_id":)").append(std::to_string(number));
    text.append(R"(,"side":")").append(maker_buys ? "buy" : "sell");
    text.append(R"(","size":")").append(format_decimal(size));
    text.append(R"(","price":")").append(format_decimal(product.price));
    text.append(R"(","product_id":")").append(product.name);
    text.append(R"(","sequence":)").append(std::to_string(number));
    text.append(R"(,"time":")").append(format_exchange_time(time)).append("\"}\n");
}

}  // namespace

std::string generated_recording(std::uint64_t seed) {
    std::array<Product, 3> products{{
        {"BTC-USD", 116'827 * decimal_one, 500 * cent, decimal_one / 100},
        {"ETH-USD", 4'325 * decimal_one, 20 * cent, decimal_one / 2},
        {"LTC-USD", 118 * decimal_one, 2 * cent, 10 * decimal_one},
    }};
    // The engine is the same everywhere; the standard distributions are not.
    std::mt19937_64 random{seed};
    const auto below = [&random](std::int64_t n) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    std::string text;
    std::uint64_t time = start_time;
    for (std::uint64_t number = 1; number <= generated_trades; ++number) {
        Product& product = products[random() % products.size()];
        product.price += (below(5) - 2) * product.tick;
        if (product.price < product.tick) product.price = product.tick;
        time += (1 + random() % (pause_ns_max / microsecond_ns)) * microsecond_ns;
        const bool maker_buys = below(2) == 0;
        append_match(text, product, number, maker_buys, 1 + below(product.size_max), time);
    }
    return text;
}

}  // namespace trading
