// The types that the suite sends: one of each form, and pairs that do and do not fit each other.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium::conformance {

using tlv::Trade;

/// FLAT: its memory is its wire form.
struct Tick {
    std::uint64_t number = 0;
    std::uint32_t publisher = 0;
    std::uint32_t check = 0;  ///< see tick()
    double value = 0;
    friend bool operator==(const Tick&, const Tick&) = default;
};
MYCELIUM_FLAT(Tick, number, publisher, check, value);

inline Tick tick(std::uint64_t number, std::uint32_t publisher = 0) {
    return {number, publisher, static_cast<std::uint32_t>(number * 2654435761U),
            static_cast<double>(number) / 4};
}

enum class Side : std::uint8_t { buy, sell };

struct Terms {
    std::string currency;
    std::uint32_t days = 0;
    friend bool operator==(const Terms&, const Terms&) = default;
};
MYCELIUM_FIELDS(Terms, (1, currency), (2, days));

struct Leg {
    std::string venue;
    std::int64_t quantity = 0;
    friend bool operator==(const Leg&, const Leg&) = default;
};
MYCELIUM_FIELDS(Leg, (1, venue), (2, quantity));

/// FIELDS with a member of every kind.
struct Order {
    std::string symbol;
    std::int64_t quantity = 0;
    double price = 0;
    bool urgent = false;
    std::optional<std::uint64_t> parent;
    std::vector<Leg> legs;
    std::map<std::string, std::int64_t> tags;
    std::vector<std::byte> signature;
    Side side = Side::buy;
    Terms usual;
    std::shared_ptr<const Terms> terms;
    friend bool operator==(const Order& a, const Order& b) {
        const bool same_terms = a.terms && b.terms ? *a.terms == *b.terms : a.terms == b.terms;
        return same_terms && a.symbol == b.symbol && a.quantity == b.quantity &&
               a.price == b.price && a.urgent == b.urgent && a.parent == b.parent &&
               a.legs == b.legs && a.tags == b.tags && a.signature == b.signature &&
               a.side == b.side && a.usual == b.usual;
    }
};
MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity), (3, price), (4, urgent), (5, parent), (6, legs),
                (7, tags), (8, signature), (9, side), (10, usual), (11, terms));

inline Order order(std::int64_t number) {
    Order order;
    order.symbol = "BTC-USD";
    order.quantity = number;
    order.price = -0.125;
    order.urgent = true;
    order.parent = UINT64_MAX;
    order.legs = {{"coinbase", 1}, {"pool", -1}};
    order.tags = {{"desk", 7}, {"", INT64_MIN}};
    order.signature = {std::byte{0}, std::byte{255}};
    order.side = Side::sell;
    order.usual = {"EUR", 2};
    order.terms = std::make_shared<const Terms>(Terms{"USD", 30});
    return order;
}

/// No declaration: it never leaves its process.
struct Errand {
    std::string text;
    std::shared_ptr<int> counter;
};

/// `size` bytes that differ from place to place, so that a torn or shifted message is seen. Made
/// once per size.
Bytes pattern_of(std::size_t size);

namespace before {
struct Reading {
    std::uint64_t sequence = 0;
    double celsius = 0;
};
MYCELIUM_FLAT(Reading, sequence, celsius);
struct Parcel {
    std::string to;
    std::int64_t grams = 0;
};
MYCELIUM_FIELDS(Parcel, (1, to), (2, grams));
}  // namespace before

namespace since {
struct Reading {
    std::uint64_t sequence = 0;
    std::int64_t celsius = 0;
};
MYCELIUM_FLAT(Reading, sequence, celsius);
/// Drops number 2, adds number 3: both ends still understand each other.
struct Parcel {
    std::string to;
    std::string remark = "none";
};
MYCELIUM_FIELDS(Parcel, (1, to), (3, remark));
}  // namespace since

namespace broken {
/// Number 2 changed its kind: refused.
struct Parcel {
    std::string to;
    std::string grams;
};
MYCELIUM_FIELDS(Parcel, (1, to), (2, grams));
}  // namespace broken

}  // namespace mycelium::conformance
