// The four loops of every measurement, the same for the bare machine and for the library, so that
// the two differ only in their channel. A channel has
//     void send(std::uint64_t number);   one stamped message, on its way or gathered
//     void flush();                      what is gathered is on its way
//     Arrival receive();                 waits for the next one
// and throws std::runtime_error when it breaks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/quantiles.h"
#include "benchmarks/raw/seat.h"
#include "benchmarks/raw/stamp.h"
#include "benchmarks/raw/syscalls.h"

namespace mycelium::bench {

inline constexpr std::size_t round_trips_max = 4'000'000;  ///< of one measurement: 16 MB of samples

/// Times each `exchange(number)`, which sends a message and returns the answer to it.
template <class Exchange>
void ping(Side& side, const Plan& plan, Exchange&& exchange) {
    const Seat seat{Seat::End::near};
    // Written once beforehand: a page fault is not part of a round trip.
    std::vector<std::uint32_t> samples(round_trips_max, 1);
    std::uint64_t number = 0;
    const auto trip = [&](std::uint64_t flag) {
        ++number;
        const Arrival answer = exchange(number | flag);
        if (answer.kind == Arrival::Kind::ended)
            throw std::runtime_error("the other side has gone");
        if (answer.kind == Arrival::Kind::wrong || answer.number != number) ++side.wrong;
    };
    const SyscallCount syscalls;
    const std::uint64_t cpu_before = cpu_ns();
    for (const std::uint64_t end = now_ns() + plan.warm_up_ns(); now_ns() < end;) trip(0);
    const std::uint64_t begin = now_ns();
    std::uint64_t time = begin;
    std::size_t count = 0;
    for (; time < begin + plan.measured_ns() && count < round_trips_max; ++count) {
        trip(0);
        const std::uint64_t after = now_ns();
        samples[count] =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(after - time, UINT32_MAX));
        time = after;
    }
    side.elapsed_ns = time - begin;
    trip(last_bit);
    side.cpu_ns = cpu_ns() - cpu_before;
    side.syscalls = syscalls.so_far();
    side.messages = 2 * number;
    side.counted = count;
    samples.resize(count);
    std::sort(samples.begin(), samples.end());
    side.p50_ns = quantile(samples, 0.5);
    side.p99_ns = quantile(samples, 0.99);
    side.p999_ns = quantile(samples, 0.999);
}

/// Answers every message with its own number, until the last.
template <class Channel>
void pong(Side& side, Channel& channel) {
    const Seat seat{Seat::End::far};
    const SyscallCount syscalls;
    const std::uint64_t cpu_before = cpu_ns();
    for (;;) {
        const Arrival arrival = channel.receive();
        if (arrival.kind == Arrival::Kind::ended)
            throw std::runtime_error("the other side has gone");
        if (arrival.kind == Arrival::Kind::wrong) ++side.wrong;
        channel.send(arrival.number | (arrival.is_last ? last_bit : 0));
        channel.flush();
        if (arrival.is_last) break;
    }
    side.cpu_ns = cpu_ns() - cpu_before;
    side.syscalls = syscalls.so_far();
}

/// Where a side of a stream sits.
inline Seat::End seat_of(const Arena& arena, Seat::End end) noexcept {
    return arena.receivers == 1 ? end : Seat::End::anywhere;
}

/// Sends as fast as the channel takes it.
template <class Channel>
void pump(Arena& arena, const Plan& plan, Channel& channel) {
    const Seat seat{seat_of(arena, Seat::End::near)};
    // Small messages are too fast to look at the clock for each of them.
    const std::uint64_t clock_mask = plan.bytes >= 65536 ? 0 : 63;
    const std::uint64_t cpu_before = cpu_ns();
    const std::uint64_t warm = now_ns() + plan.warm_up_ns();
    const std::uint64_t end = warm + plan.measured_ns();
    std::uint64_t number = 0;
    for (;;) {
        channel.send(++number);
        if ((number & clock_mask) != 0) continue;
        const std::uint64_t time = now_ns();
        if (arena.counted_from.load(std::memory_order_relaxed) != 0) {
            if (time >= end) break;
        } else if (time >= warm) {
            arena.counted_from.store(number + 1, std::memory_order_relaxed);
        }
    }
    channel.send(++number | last_bit);
    channel.flush();
    for (std::size_t i = 0; i < arena.receivers; ++i) arena.receiver(i).await(step_received_all);
    arena.near.cpu_ns = cpu_ns() - cpu_before;
    arena.near.messages = number;
}

/// Receives until the last message; counts the missing and the repeated. `side`: whose channel it
/// is.
template <class Channel>
void sink(Arena& arena, Side& side, Channel& channel) {
    const Seat seat{seat_of(arena, Seat::End::far)};
    std::uint64_t expected = 1;
    std::uint64_t received = 0;
    std::uint64_t received_before = 0;
    std::uint64_t begin = 0;
    std::uint64_t cpu_before = 0;
    for (;;) {
        const Arrival arrival = channel.receive();
        if (arrival.kind == Arrival::Kind::ended)
            throw std::runtime_error("the other side has gone");
        if (arrival.kind == Arrival::Kind::wrong) {
            ++side.wrong;
            continue;
        }
        if (arrival.number > expected) side.lost += arrival.number - expected;
        if (arrival.number < expected) ++side.wrong;
        expected = std::max(expected, arrival.number + 1);
        if (arrival.is_last) break;
        if (received == 0) cpu_before = cpu_ns();
        if (begin == 0) {
            const std::uint64_t from = arena.counted_from.load(std::memory_order_relaxed);
            if (from != 0 && arrival.number >= from) {
                begin = now_ns();
                received_before = received;
            }
        }
        ++received;
    }
    if (begin != 0) {
        side.elapsed_ns = now_ns() - begin;
        side.counted = received - received_before;
    }
    side.messages = received;
    side.cpu_ns = cpu_ns() - cpu_before;
    side.reach(step_received_all);
}

}  // namespace mycelium::bench
