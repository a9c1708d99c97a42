// The bare machine: what the same messages cost without any library. Each call is one measurement.
#pragma once

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/shared_ring.h"
#include "benchmarks/raw/socket_pair.h"

namespace mycelium::bench {

/// Longest that a measurement of this plan may take before it counts as hung.
double limit_seconds(const Plan& plan) noexcept;

/// Two processes, blocking reads and writes.
Measurement raw_round_trip(SocketKind kind, const Plan& plan);
/// `gather`: small messages in writes of 64 KiB through large buffers; else one write for each.
Measurement raw_stream(SocketKind kind, const Plan& plan, bool gather);

/// One process writes every message to each of so many others, one write for each.
Measurement raw_socket_fan_out(const Plan& plan, std::size_t receivers);

/// Two processes and a ring in each direction.
Measurement raw_ring_round_trip(const RingManner& manner, const Plan& plan);
/// One ring, which every receiver reads at a cursor of its own.
Measurement raw_ring_stream(const RingManner& manner, const Plan& plan, std::size_t receivers = 1);

/// The same by way of a third process, which reads one ring and writes the next; answers come back
/// directly.
Measurement raw_ring_relay_round_trip(const RingManner& manner, const Plan& plan);
Measurement raw_ring_relay_stream(const RingManner& manner, const Plan& plan,
                                  std::size_t receivers);

/// Two threads, a pooled shared_ptr by way of a ring; neither ever sleeps.
Measurement raw_pointer_round_trip(const Plan& plan);
Measurement raw_pointer_stream(const Plan& plan);
/// The same by way of a mutex and a condition.
Measurement raw_queue_round_trip(const Plan& plan);
Measurement raw_queue_stream(const Plan& plan);

/// A child is killed, and waitpid says so.
Measurement raw_death(const Plan& plan);

/// A trade into 40 bytes and back, by memcpy of the whole struct.
Measurement raw_trade(const Plan& plan);

}  // namespace mycelium::bench
