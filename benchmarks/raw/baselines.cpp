#include "benchmarks/raw/baselines.h"

#include <memory>

#include "benchmarks/raw/byte_channel.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/pointer_channel.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t large_buffer_bytes = 4 << 20;

template <class Channel>
void ping_over(Arena& arena, const Plan& plan, Channel& channel) {
    arena.near.reach(1);
    arena.far.await(1);
    ping(arena.near, plan, [&](std::uint64_t number) {
        channel.send(number);
        return channel.receive();
    });
}

template <class Channel>
void pong_over(Arena& arena, Channel& channel) {
    arena.far.reach(1);
    arena.near.await(1);
    pong(arena.far, channel);
}

template <class Channel>
void pump_over(Arena& arena, const Plan& plan, Channel& channel) {
    arena.near.reach(1);
    arena.far.await(1);
    pump(arena, plan, channel);
}

template <class Channel>
void sink_over(Arena& arena, Channel& channel) {
    arena.far.reach(1);
    arena.near.await(1);
    sink(arena, channel);
}

/// Each process closes the other one's socket, so that it learns of its end.
template <class Use>
void with_channel(Socket& ours, Socket& theirs, std::size_t bytes, bool gather, Use&& use) {
    { const Socket closed = std::move(theirs); }
    ByteChannel channel(ours.fd(), bytes, gather);
    use(channel);
}

template <class Queue>
Measurement pointer_round_trip(const Plan& plan) {
    const auto there = std::make_unique<Queue>();
    const auto back = std::make_unique<Queue>();
    Twins twins{Company::threads, {}, {}};
    twins.near = [&](Arena& arena) {
        PointerChannel<Queue> channel(*there, *back, plan.bytes);
        ping_over(arena, plan, channel);
        arena.near.reach(2);
        arena.far.await(2);
    };
    twins.far = [&](Arena& arena) {
        PointerChannel<Queue> channel(*back, *there, plan.bytes);
        pong_over(arena, channel);
        arena.far.reach(2);
        arena.near.await(2);
    };
    return run_twins(twins, limit_seconds(plan));
}

template <class Queue>
Measurement pointer_stream(const Plan& plan) {
    const auto there = std::make_unique<Queue>();
    Twins twins{Company::threads, {}, {}};
    twins.near = [&](Arena& arena) {
        PointerChannel<Queue> channel(*there, *there, plan.bytes);
        pump_over(arena, plan, channel);
    };
    twins.far = [&](Arena& arena) {
        PointerChannel<Queue> channel(*there, *there, 16);
        sink_over(arena, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace

double limit_seconds(const Plan& plan) noexcept { return 20 + 4 * plan.seconds; }

Measurement raw_round_trip(SocketKind kind, const Plan& plan) {
    SocketPair pair = SocketPair::create(kind);
    Twins twins;
    twins.near = [&](Arena& arena) {
        with_channel(pair.near, pair.far, plan.bytes, false,
                     [&](ByteChannel& channel) { ping_over(arena, plan, channel); });
    };
    twins.far = [&](Arena& arena) {
        with_channel(pair.far, pair.near, plan.bytes, false,
                     [&](ByteChannel& channel) { pong_over(arena, channel); });
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_stream(SocketKind kind, const Plan& plan, bool gather) {
    SocketPair pair = SocketPair::create(kind, gather ? large_buffer_bytes : 0);
    Twins twins;
    twins.near = [&](Arena& arena) {
        with_channel(pair.near, pair.far, plan.bytes, gather,
                     [&](ByteChannel& channel) { pump_over(arena, plan, channel); });
    };
    twins.far = [&](Arena& arena) {
        with_channel(pair.far, pair.near, plan.bytes, gather,
                     [&](ByteChannel& channel) { sink_over(arena, channel); });
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_pointer_round_trip(const Plan& plan) {
    return pointer_round_trip<SpinningQueue>(plan);
}
Measurement raw_pointer_stream(const Plan& plan) { return pointer_stream<SpinningQueue>(plan); }
Measurement raw_queue_round_trip(const Plan& plan) {
    return pointer_round_trip<SleepingQueue>(plan);
}
Measurement raw_queue_stream(const Plan& plan) { return pointer_stream<SleepingQueue>(plan); }

}  // namespace mycelium::bench
