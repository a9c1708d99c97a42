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

double rate_of(const Side& side) noexcept {
    if (side.elapsed_ns == 0) return 0;
    return static_cast<double>(side.counted) * 1e9 / static_cast<double>(side.elapsed_ns);
}

const Side& slowest_receiver(const Arena& arena) noexcept {
    const Side* slowest = &arena.far;
    for (std::size_t i = 1; i < arena.receivers; ++i)
        if (rate_of(arena.receiver(i)) < rate_of(*slowest)) slowest = &arena.receiver(i);
    return *slowest;
}

/// When one side fails the others often do so because of it: all are told.
void add_faults(Measurement& result, const Side& side) {
    result.lost += side.lost;
    result.wrong += side.wrong;
    if (side.error[0] == '\0') return;
    if (!result.error.empty()) result.error += "; ";
    result.error += side.error.data();
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
    // A round trip is counted where it begins, a stream where it arrives.
    const Side& counting = near.counted > 0 ? near : slowest_receiver(arena);
    Measurement result;
    result.p50_ns = near.p50_ns;
    result.p99_ns = near.p99_ns;
    result.p999_ns = near.p999_ns;
    result.messages = counting.counted;
    result.per_second = rate_of(counting);
    std::uint64_t cpu = near.cpu_ns;
    std::uint64_t syscalls = near.syscalls;
    result.amount = near.amount;
    add_faults(result, near);
    for (std::size_t i = 0; i < arena.receivers; ++i) {
        const Side& receiver = arena.receiver(i);
        if (!arena.is_one_process) cpu += receiver.cpu_ns;
        syscalls += receiver.syscalls;
        result.amount += receiver.amount;
        add_faults(result, receiver);
    }
    cpu += arena.between.cpu_ns;
    add_faults(result, arena.between);
    if (near.messages > 0) {
        const auto messages = static_cast<double>(near.messages);
        result.cpu_ns_per_message = static_cast<double>(cpu) / messages;
        result.syscalls_per_message = static_cast<double>(syscalls) / messages;
    }
    return result;
}

}  // namespace mycelium::bench
