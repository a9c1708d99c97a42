// The loop of a codec's measurement: one value after the other through `both_ways`, which encodes
// and decodes it.
#pragma once

#include <cstdint>

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/clock.h"

namespace mycelium::bench {

/// Makes the compiler believe that the memory behind the pointer is read and written.
inline void escape(void* memory) noexcept { asm volatile("" : : "r"(memory) : "memory"); }

/// Makes the compiler believe that the value is used.
template <class T>
void consume(const T& value) noexcept {
    asm volatile("" : : "r"(value));
}

/// `both_ways(number)` encodes a value made of the number and returns the number that it decodes.
template <class BothWays>
void code(Side& side, const Plan& plan, BothWays&& both_ways) {
    constexpr std::uint64_t batch = 4096;
    std::uint64_t number = 0;
    const auto run_for = [&](std::uint64_t duration_ns) {
        const std::uint64_t begin = now_ns();
        std::uint64_t time = begin;
        for (; time < begin + duration_ns; time = now_ns()) {
            for (std::uint64_t i = 0; i < batch; ++i) {
                ++number;
                if (both_ways(number) != number) ++side.wrong;
            }
        }
        return time - begin;
    };
    run_for(plan.warm_up_ns());
    const std::uint64_t before = number;
    const std::uint64_t cpu_before = cpu_ns();
    side.elapsed_ns = run_for(plan.measured_ns());
    side.cpu_ns = cpu_ns() - cpu_before;
    side.counted = side.messages = number - before;
}

}  // namespace mycelium::bench
