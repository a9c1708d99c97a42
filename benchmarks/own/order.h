// Order: a struct of twelve members of the usual kinds, as codecs are measured with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium::bench {

struct Order {
    std::uint64_t id = 123'456'789;
    std::string symbol = "BTC-USD";
    std::int64_t quantity = 250;
    double price = 64'123.5;
    bool is_buy = true;
    std::string account = "alpha-7";
    std::uint64_t placed_at = 1'700'000'000'000'000'000;
    std::int32_t venue = 3;
    std::vector<std::int64_t> fills{100, 100, 50};
    std::string note = "good until cancelled";
    std::uint32_t flags = 5;
    double limit = 64'500;
};
MYCELIUM_FIELDS(Order, (1, id), (2, symbol), (3, quantity), (4, price), (5, is_buy), (6, account),
                (7, placed_at), (8, venue), (9, fills), (10, note), (11, flags), (12, limit));

}  // namespace mycelium::bench
