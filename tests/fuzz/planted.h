// The fault that each fuzz target is shown to find.
//
// A fuzz target calls planted() once after the parser under test has accepted the input:
//
//     extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
//         if (parse({data, size}).ok()) mycelium::fuzz::planted(data, size);
//         return 0;
//     }
//
// In the ordinary build it does nothing. Every target is built a second time with
// MYCELIUM_PLANTED_FAULT; there, one accepted input in 64 reads one byte past its end. The suite
// expects AddressSanitizer to report it within seconds. A target whose inputs never get past its
// parser, or a build without its sanitizer, therefore fails.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef MYCELIUM_PLANTED_FAULT
#include <cstdio>
#include <vector>
#endif

namespace mycelium::fuzz {

#ifdef MYCELIUM_PLANTED_FAULT
inline void planted(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    std::uint32_t hash = 2166136261U;  // FNV-1a: no byte of the input decides alone
    for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 16777619U;
    if (size == 0 || (hash ^ (hash >> 16U)) % 64 != 0) return;
    std::fputs("the planted fault is reached\n", stderr);
    const std::vector<std::uint8_t> copy(bytes, bytes + size);
    volatile std::uint8_t past_the_end = copy.data()[size];
    static_cast<void>(past_the_end);
}
#else
inline void planted(const void* /*data*/, std::size_t /*size*/) noexcept {}
#endif

}  // namespace mycelium::fuzz
