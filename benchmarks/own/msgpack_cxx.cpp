// The twelve members by msgpack-cxx, set up as it is fastest: an array without names, one buffer
// and one zone that are used again, one object decoded into.
#include <msgpack.hpp>

#include "benchmarks/own/fields.h"
#include "benchmarks/own/order.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/codec_loop.h"
#include "benchmarks/raw/twins.h"

// Its macros name its namespace, which within ours is our own codec's.
namespace {

struct TheirOrder : mycelium::bench::Order {
    MSGPACK_DEFINE(id, symbol, quantity, price, is_buy, account, placed_at, venue, fills, note,
                   flags, limit)
};

}  // namespace

namespace mycelium::bench {

Measurement msgpack_cxx_fields(const Plan& plan) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        TheirOrder sent;
        TheirOrder received;
        ::msgpack::sbuffer wire;
        ::msgpack::zone zone;
        code(arena.near, plan, [&](std::uint64_t number) {
            sent.id = number;
            wire.clear();
            ::msgpack::pack(wire, sent);
            escape(wire.data());
            ::msgpack::unpack(zone, wire.data(), wire.size()).convert(received);
            zone.clear();
            escape(&received);
            return received.id;
        });
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
