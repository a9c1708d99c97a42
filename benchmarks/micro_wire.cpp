// What it costs to write, read and check the header of a message.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <vector>

#include "core/wire/header.h"

namespace mycelium::bench {
namespace {

using HeaderBytes = std::array<std::byte, header_bytes>;

void encode_header(benchmark::State& state) {
    Header header;
    HeaderBytes bytes{};
    for (auto _ : state) {
        ++header.sequence;
        wire::encode_header(header, bytes);
        benchmark::DoNotOptimize(bytes);
    }
}

void decode_header(benchmark::State& state) {
    HeaderBytes bytes{};
    wire::encode_header(Header{}, bytes);
    for (auto _ : state) {
        benchmark::DoNotOptimize(bytes);
        benchmark::DoNotOptimize(wire::decode_header(bytes));
    }
}

void checksum(benchmark::State& state) {
    HeaderBytes header{};
    const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
    for (auto _ : state) benchmark::DoNotOptimize(wire::checksum_of(header, payload));
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(encode_header)->Name("header/encode");
BENCHMARK(decode_header)->Name("header/decode");
BENCHMARK(checksum)->Name("crc")->Arg(64)->Arg(64 << 10)->Arg(10 << 20);

}  // namespace
}  // namespace mycelium::bench
