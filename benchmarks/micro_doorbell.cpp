// What it costs to ring a doorbell, by whether somebody sleeps there.
#include <benchmark/benchmark.h>

#include <chrono>

#include "host/os/doorbell.h"

namespace mycelium::bench {
namespace {

void ring_nobody(benchmark::State& state) {
    os::Doorbell bell;
    for (auto _ : state) bell.ring();
}

void ring_a_poller(benchmark::State& state) {
    os::Doorbell bell;
    if (!bell.fd()) state.SkipWithError("no descriptor");
    bell.announce();
    for (auto _ : state) {
        bell.ring();
        bell.quiet();
    }
    bell.withdraw();
}

void take_a_ticket(benchmark::State& state) {
    os::Doorbell bell;
    for (auto _ : state) benchmark::DoNotOptimize(bell.ticket());
}

BENCHMARK(ring_nobody)->Name("doorbell/ring nobody");
BENCHMARK(ring_a_poller)->Name("doorbell/ring a poller, and quiet");
BENCHMARK(take_a_ticket)->Name("doorbell/ticket");

}  // namespace
}  // namespace mycelium::bench
