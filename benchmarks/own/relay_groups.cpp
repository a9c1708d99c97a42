#include "benchmarks/own/relay_groups.h"

#include "benchmarks/own/relaying.h"
#include "benchmarks/own/rows.h"
#include "benchmarks/raw/baselines.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t ring_at_once = 16;
constexpr const char* scheme = "shm";

Own relay_stream(const char* what, std::size_t at_once, std::size_t consumers) {
    return {row(what, scheme, small), [at_once, consumers](const Plan& plan) {
                return own_relay_stream(scheme, plan, at_once, consumers);
            }};
}

Group stream_group(const RingManner& manner, std::size_t consumers, std::vector<Own> owns) {
    return {Unit::rate, small.bytes, "two rings and a process between, told every 16",
            [manner, consumers](const Plan& plan) {
                return raw_ring_relay_stream(manner, plan, consumers);
            },
            std::move(owns)};
}

}  // namespace

void add_relays(std::vector<Group>& groups) {
    // More sides than cores, perhaps: who spins without end keeps the others from running.
    const RingManner manner{RingWait::spin_then_sleep, false};
    const RingManner gathered{RingWait::spin_then_sleep, false, ring_at_once};
    groups.push_back(
        {Unit::round_trip,
         small.bytes,
         "three rings, a process between on the way there",
         [manner](const Plan& plan) { return raw_ring_relay_round_trip(manner, plan); },
         {{row("relay", scheme, small),
           [](const Plan& plan) { return own_relay_round_trip(scheme, plan); }}}});
    groups.push_back({Unit::round_trip,
                      small.bytes,
                      "ring in shared memory, spinning for 20 µs, then sleeping",
                      [manner](const Plan& plan) { return raw_ring_round_trip(manner, plan); },
                      {{row("without-relay", scheme, small),
                        [](const Plan& plan) { return own_round_trip(scheme, plan); }}}});
    groups.push_back(
        stream_group(gathered, 1, {relay_stream("relay-stream", messages_at_once, 1)}));
    groups.push_back(stream_group(
        gathered, receivers_max, {relay_stream("relay-fan-out", messages_at_once, receivers_max)}));
}

}  // namespace mycelium::bench
