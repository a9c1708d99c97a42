// The sides of a measurement over a channel that needs no introduction: both begin when both are
// there.
#pragma once

#include "benchmarks/raw/measure.h"

namespace mycelium::bench {

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
    for (std::size_t i = 0; i < arena.receivers; ++i) arena.receiver(i).await(1);
    pump(arena, plan, channel);
}

template <class Channel>
void sink_over(Arena& arena, Side& side, Channel& channel) {
    side.reach(1);
    arena.near.await(1);
    sink(arena, side, channel);
}

}  // namespace mycelium::bench
