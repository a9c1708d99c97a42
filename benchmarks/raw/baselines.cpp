#include "benchmarks/raw/baselines.h"

#include <memory>
#include <utility>
#include <vector>

#include "benchmarks/raw/byte_channel.h"
#include "benchmarks/raw/channel_sides.h"
#include "benchmarks/raw/pointer_channel.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t large_buffer_bytes = 4 << 20;

/// Each process closes the other one's socket, so that it learns of its end.
template <class Use>
void with_channel(Socket& ours, Socket& theirs, std::size_t bytes, bool gather, Use&& use) {
    { const Socket closed = std::move(theirs); }
    ByteChannel channel(ours.fd(), bytes, gather);
    use(channel);
}

/// The same messages to several sockets.
class SocketFan {
public:
    SocketFan(const std::vector<SocketPair>& pairs, std::size_t bytes) {
        for (const SocketPair& pair : pairs) channels_.emplace_back(pair.near.fd(), bytes, false);
    }
    void send(std::uint64_t number) {
        for (ByteChannel& channel : channels_) channel.send(number);
    }
    void flush() noexcept {}

private:
    std::vector<ByteChannel> channels_;
};

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
        sink_over(arena, arena.far, channel);
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
                     [&](ByteChannel& channel) { sink_over(arena, arena.far, channel); });
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_socket_fan_out(const Plan& plan, std::size_t receivers) {
    std::vector<SocketPair> pairs;
    for (std::size_t i = 0; i < receivers; ++i)
        pairs.push_back(SocketPair::create(SocketKind::unix_stream));
    const auto receive = [&](std::size_t index) {
        return [&, index](Arena& arena) {
            for (SocketPair& pair : pairs) {
                const Socket closed = std::move(pair.near);
            }
            ByteChannel channel(pairs[index].far.fd(), plan.bytes, false);
            sink_over(arena, arena.receiver(index), channel);
        };
    };
    Twins twins;
    twins.near = [&](Arena& arena) {
        for (SocketPair& pair : pairs) {
            const Socket closed = std::move(pair.far);
        }
        SocketFan fan(pairs, plan.bytes);
        pump_over(arena, plan, fan);
    };
    twins.far = receive(0);
    for (std::size_t i = 1; i < receivers; ++i) twins.others.push_back(receive(i));
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
