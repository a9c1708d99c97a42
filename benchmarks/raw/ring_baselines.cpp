#include <memory>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/channel_sides.h"
#include "benchmarks/raw/clock.h"
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

namespace {

/// Until the last message has gone on.
void carry(Side& side, const SharedRing& from, const SharedRing& to) {
    RingReader reader(from);
    RingWriter writer(to);
    const std::uint64_t cpu_before = cpu_ns();
    for (bool is_done = false; !is_done;) {
        const Arrival arrival = reader.receive();
        if (arrival.kind == Arrival::Kind::wrong) ++side.wrong;
        is_done = arrival.is_last;
        writer.send(arrival.number | (is_done ? last_bit : 0));
    }
    writer.flush();
    side.cpu_ns = cpu_ns() - cpu_before;
}

}  // namespace

Measurement raw_ring_relay_round_trip(const RingManner& manner, const Plan& plan) {
    const SharedRing in(plan.bytes, manner);
    const SharedRing out(plan.bytes, manner);
    const SharedRing back(plan.bytes, manner);
    Twins twins;
    twins.near = [&](Arena& arena) {
        RingChannel channel(in, back);
        ping_over(arena, plan, channel);
    };
    twins.between = [&](Arena& arena) { carry(arena.between, in, out); };
    twins.far = [&](Arena& arena) {
        RingChannel channel(back, out);
        pong_over(arena, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_ring_relay_stream(const RingManner& manner, const Plan& plan,
                                  std::size_t receivers) {
    const SharedRing in(plan.bytes, manner);
    const SharedRing out(plan.bytes, manner, receivers);
    const auto receive = [&out](std::size_t index) {
        return [&out, index](Arena& arena) {
            RingReader reader(out, index);
            sink_over(arena, arena.receiver(index), reader);
        };
    };
    Twins twins;
    twins.near = [&](Arena& arena) {
        RingWriter writer(in);
        pump_over(arena, plan, writer);
    };
    twins.between = [&](Arena& arena) { carry(arena.between, in, out); };
    twins.far = receive(0);
    for (std::size_t i = 1; i < receivers; ++i) twins.others.push_back(receive(i));
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
