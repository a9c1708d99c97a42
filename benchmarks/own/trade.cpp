#include "benchmarks/own/trade.h"

#include <array>
#include <cstring>

#include <mycelium/mycelium.h>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/codec_loop.h"
#include "benchmarks/raw/twins.h"
#include "core/wire/header.h"

namespace mycelium::bench {
namespace {

using tlv::Trade;
using TradeValue = codec::TlvValue<Trade>;

Trade trade_of(std::uint64_t number) noexcept {
    Trade trade;
    trade.asset_id = number;
    trade.price = static_cast<std::int64_t>(number) * 3;
    trade.volume = static_cast<std::int64_t>(number) * 5;
    trade.exchange_time = number * 7;
    trade.venue = static_cast<std::uint16_t>(number);
    trade.asset_type = 1;
    trade.side = static_cast<std::uint8_t>(number & 1);
    return trade;
}

std::uint64_t read_all(const Trade& trade) noexcept {
    consume(trade.price);
    consume(trade.volume);
    consume(trade.exchange_time);
    consume(trade.venue);
    consume(trade.asset_type);
    consume(trade.reserved);
    consume(trade.side);
    return trade.asset_id;
}

template <class Encode, class Decode>
Measurement both_ways(const Plan& plan, Encode encode, Decode decode) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        std::array<std::byte, TradeValue::bytes> wire{};
        code(arena.near, plan, [&](std::uint64_t number) -> std::uint64_t {
            encode(trade_of(number), wire.data());
            escape(wire.data());
            Trade trade;
            if (!decode(wire, trade)) return 0;
            return read_all(trade);
        });
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace

Measurement own_trade(const Plan& plan) {
    return both_ways(
        plan, [](const Trade& trade, std::byte* out) { TradeValue::encode(trade, out); },
        [](std::span<const std::byte> wire, Trade& trade) {
            return TradeValue::decode(wire, trade).ok();
        });
}

Measurement own_trade_by_schema(const Plan& plan) {
    const Schema& schema = schema_of<Trade>();
    return both_ways(
        plan, [&](const Trade& trade, std::byte* out) { schema.encode(&trade, out); },
        [&](std::span<const std::byte> wire, Trade& trade) {
            return schema.decode(wire, &trade).ok();
        });
}

Measurement own_trade_checked(const Plan& plan) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        std::array<std::byte, header_bytes + TradeValue::bytes> message{};
        const auto head = std::span{message}.first<header_bytes>();
        const auto payload = std::span{message}.last<TradeValue::bytes>();
        Header header;
        header.relay_domain = tlv::domain_of(TradeValue::type);
        header.payload_size = TradeValue::bytes;
        // As publishers and readers of sockets do it with small messages.
        code(arena.near, plan, [&](std::uint64_t number) -> std::uint64_t {
            TradeValue::encode(trade_of(number), payload.data());
            header.sequence = number;
            wire::store_checked_head(wire::header_words(header), head.data(), payload);
            escape(message.data());
            wire::HeaderWords words;
            std::memcpy(words.data(), head.data(), header_bytes);
            Header found;
            Trade trade;
            if (!wire::is_plain(words) || words[1] != number ||
                static_cast<std::uint32_t>(words[3]) != payload.size() ||
                !wire::has_right_checksum(words, head, payload))
                return 0;
            wire::decode_header_words(words, found);
            if (!TradeValue::decode(payload, trade)) return 0;
            consume(found.sequence);
            consume(found.relay_domain);
            consume(found.timestamp);
            return read_all(trade);
        });
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
