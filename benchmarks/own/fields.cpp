#include "benchmarks/own/fields.h"

#include <cstddef>
#include <vector>

#include "benchmarks/own/order.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/codec_loop.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {

Measurement own_fields(const Plan& plan) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        const Schema& schema = schema_of<Order>();
        Order sent;
        Order received;
        std::vector<std::byte> wire;
        code(arena.near, plan, [&](std::uint64_t number) -> std::uint64_t {
            sent.id = number;
            wire.resize(schema.encoded_bytes_max(&sent));
            wire.resize(schema.encode(&sent, wire.data()));
            escape(wire.data());
            if (!schema.decode(wire, &received)) return 0;
            escape(&received);
            return received.id;
        });
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
