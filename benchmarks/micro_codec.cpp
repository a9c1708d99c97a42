// What it costs to write and read one value, and to make MessagePack of it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

#include <mycelium/mycelium.h>

#include "benchmarks/own/order.h"

namespace mycelium::bench {

struct Reading {
    std::uint64_t sequence = 1;
    double celsius = 21.5;
    std::int64_t place = -3;
};
MYCELIUM_FLAT(Reading, sequence, celsius, place);

namespace {

template <class T>
void encode_value(benchmark::State& state) {
    const T value;
    const Schema& schema = schema_of<T>();
    std::vector<std::byte> out(schema.encoded_bytes_max(&value));
    for (auto _ : state) {
        benchmark::DoNotOptimize(schema.encode(&value, out.data()));
        benchmark::ClobberMemory();
    }
}

template <class T>
void decode_value(benchmark::State& state) {
    T value;
    const Schema& schema = schema_of<T>();
    std::vector<std::byte> wire(schema.encoded_bytes_max(&value));
    wire.resize(schema.encode(&value, wire.data()));
    for (auto _ : state) {
        if (!schema.decode(wire, &value)) state.SkipWithError("not decoded");
        benchmark::DoNotOptimize(value);
    }
}

void cut_into_tlvs(benchmark::State& state) {
    tlv::Writer writer;
    for (int i = 0; i < 16; ++i)
        if (!writer.add(tlv::Trade{})) state.SkipWithError("not written");
    for (auto _ : state) {
        tlv::Reader reader{writer.payload()};
        std::size_t count = 0;
        for (auto next = reader.next(); next && *next; next = reader.next()) ++count;
        if (count != 16) state.SkipWithError("not read");
    }
    state.SetItemsProcessed(state.iterations() * 16);
}

BENCHMARK(encode_value<Reading>)->Name("encode/flat");
BENCHMARK(decode_value<Reading>)->Name("decode/flat");
BENCHMARK(encode_value<tlv::Trade>)->Name("encode/trade");
BENCHMARK(decode_value<tlv::Trade>)->Name("decode/trade");
BENCHMARK(encode_value<Order>)->Name("encode/fields");
BENCHMARK(decode_value<Order>)->Name("decode/fields");
BENCHMARK(cut_into_tlvs)->Name("tlvs/16");

}  // namespace
}  // namespace mycelium::bench
