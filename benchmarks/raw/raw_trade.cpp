#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/codec_loop.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

/// The forty bytes of a trade.
struct RawTrade {
    std::uint64_t asset_id;
    std::int64_t price;
    std::int64_t volume;
    std::uint64_t exchange_time;
    std::uint16_t venue;
    std::uint8_t asset_type;
    std::uint8_t reserved;
    std::uint8_t side;
    std::uint8_t padding[3];
};
static_assert(sizeof(RawTrade) == 40);

RawTrade trade_of(std::uint64_t number) noexcept {
    const auto signed_number = static_cast<std::int64_t>(number);
    return {number,
            signed_number * 3,
            signed_number * 5,
            number * 7,
            static_cast<std::uint16_t>(number),
            1,
            0,
            static_cast<std::uint8_t>(number & 1),
            {}};
}

/// Member by member: a copy of the whole in 16-byte pieces would wait for the 8-byte stores that it
/// reads.
template <class Move>
void each_member(Move&& move) {
    move(&RawTrade::asset_id, 0);
    move(&RawTrade::price, 8);
    move(&RawTrade::volume, 16);
    move(&RawTrade::exchange_time, 24);
    move(&RawTrade::venue, 32);
    move(&RawTrade::asset_type, 34);
    move(&RawTrade::reserved, 35);
    move(&RawTrade::side, 36);
}

void put(const RawTrade& trade, std::byte* wire) noexcept {
    each_member([&](auto member, std::size_t offset) {
        std::memcpy(wire + offset, &(trade.*member), sizeof(trade.*member));
    });
}

/// Reads every member, returns the first.
std::uint64_t get(const std::byte* wire) noexcept {
    RawTrade trade;
    each_member([&](auto member, std::size_t offset) {
        std::memcpy(&(trade.*member), wire + offset, sizeof(trade.*member));
        consume(trade.*member);
    });
    return trade.asset_id;
}

}  // namespace

Measurement raw_trade(const Plan& plan) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        std::array<std::byte, sizeof(RawTrade)> wire{};
        code(arena.near, plan, [&](std::uint64_t number) {
            put(trade_of(number), wire.data());
            escape(wire.data());
            return get(wire.data());
        });
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
