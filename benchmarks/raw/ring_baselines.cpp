#include <memory>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/channel_sides.h"
#include "benchmarks/raw/ring_channel.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {

Measurement raw_ring_round_trip(const RingManner& manner, const Plan& plan) {
    const SharedRing there(plan.bytes, manner);
    const SharedRing back(plan.bytes, manner);
    Twins twins;
    twins.near = [&](Arena& arena) {
        RingChannel channel(there, back);
        ping_over(arena, plan, channel);
    };
    twins.far = [&](Arena& arena) {
        RingChannel channel(back, there);
        pong_over(arena, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_ring_stream(const RingManner& manner, const Plan& plan, std::size_t receivers) {
    const SharedRing ring(plan.bytes, manner, receivers);
    const auto receive = [&ring](std::size_t index) {
        return [&ring, index](Arena& arena) {
            RingReader reader(ring, index);
            sink_over(arena, arena.receiver(index), reader);
        };
    };
    Twins twins;
    twins.near = [&](Arena& arena) {
        RingWriter writer(ring);
        pump_over(arena, plan, writer);
    };
    twins.far = receive(0);
    for (std::size_t i = 1; i < receivers; ++i) twins.others.push_back(receive(i));
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
