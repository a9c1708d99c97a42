#include "benchmarks/raw/arena.h"

#include <time.h>

#include <algorithm>

namespace mycelium::bench {
namespace {

template <std::size_t Size>
void set_text(std::array<char, Size>& array, std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), Size - 1);
    std::copy_n(text.begin(), size, array.begin());
    array[size] = '\0';
}

}  // namespace

void Side::await(std::uint32_t awaited) const noexcept {
    const timespec pause{0, 100'000};
    while (step.load(std::memory_order_acquire) < awaited) ::nanosleep(&pause, nullptr);
}

void Side::set_error(std::string_view text) noexcept { set_text(error, text); }

void Side::set_url(std::size_t index, std::string_view text) noexcept {
    set_text(url[index], text);
}

Measurement measurement_of(const Arena& arena) {
    const Side& near = arena.near;
    const Side& far = arena.far;
    // A round trip is counted where it begins, a stream where it arrives.
    const Side& counting = near.counted > 0 ? near : far;
    Measurement result;
    result.p50_ns = near.p50_ns;
    result.p99_ns = near.p99_ns;
    result.p999_ns = near.p999_ns;
    result.messages = counting.counted;
    if (counting.elapsed_ns > 0)
        result.per_second =
            static_cast<double>(counting.counted) * 1e9 / static_cast<double>(counting.elapsed_ns);
    const std::uint64_t cpu = near.cpu_ns + (arena.is_one_process ? 0 : far.cpu_ns);
    if (near.messages > 0)
        result.cpu_ns_per_message = static_cast<double>(cpu) / static_cast<double>(near.messages);
    result.lost = near.lost + far.lost;
    result.wrong = near.wrong + far.wrong;
    // When one side fails the other one often does so because of it: both are told.
    for (const Side* side : {&near, &far}) {
        if (side->error[0] == '\0') continue;
        if (!result.error.empty()) result.error += "; ";
        result.error += side->error.data();
    }
    return result;
}

}  // namespace mycelium::bench
