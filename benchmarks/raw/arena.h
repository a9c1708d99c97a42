// Arena: the memory that the sides of a measurement share, and what is read from it afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mycelium::bench {

/// How large the messages are and for how long they are counted, after a warm-up of a quarter of
/// that.
struct Plan {
    std::size_t bytes = 64;
    double seconds = 0.3;
    std::uint64_t measured_ns() const noexcept { return static_cast<std::uint64_t>(seconds * 1e9); }
    std::uint64_t warm_up_ns() const noexcept { return measured_ns() / 4; }
};

/// One measurement. With `error` set the other members say how far it came.
struct Measurement {
    double p50_ns = 0;  ///< of a round trip; 0 for streams
    double p99_ns = 0;
    double p999_ns = 0;
    double per_second = 0;            ///< round trips, or messages at the slowest receiver
    double cpu_ns_per_message = 0;    ///< of all processes; a round trip is two messages
    double syscalls_per_message = 0;  ///< of both sides, where they were counted
    double amount = 0;  ///< of what is counted and not timed: wake-ups, bytes; of all sides
    std::uint64_t messages = 0;  ///< counted ones, at one receiver
    std::uint64_t lost = 0;
    std::uint64_t wrong =
        0;  ///< a stamp or a size that was not the expected one, or a repeated number
    std::string error;
    bool is_good() const noexcept {
        return error.empty() && lost == 0 && wrong == 0 && messages > 0;
    }
};

/// What one side tells the other and the parent. Written by that side only, but for `step`'s
/// readers.
struct alignas(128) Side {
    std::atomic<std::uint32_t> step{0};
    std::uint64_t messages = 0;  ///< all, warm-up included
    std::uint64_t counted = 0;
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::uint64_t cpu_ns = 0;
    std::uint64_t elapsed_ns = 0;  ///< of the counted ones
    std::uint64_t syscalls = 0;    ///< of all messages, where they are counted
    double amount = 0;             ///< of what is counted and not timed
    double p50_ns = 0;
    double p99_ns = 0;
    double p999_ns = 0;
    std::array<char, 512> error{};
    std::array<std::array<char, 256>, 2> url{};

    /// Tells the other side that this one has come so far. Pairs with the acquire in await.
    void reach(std::uint32_t reached) noexcept { step.store(reached, std::memory_order_release); }
    /// Waits, sleeping, until the side has come so far. Endless: whoever started the sides ends
    /// them when they hang.
    void await(std::uint32_t awaited) const noexcept;
    void set_error(std::string_view text) noexcept;
    void set_url(std::size_t index, std::string_view text) noexcept;
};

/// The step that the receiver of a stream reaches when it has the last message.
inline constexpr std::uint32_t step_received_all = 100;

/// Of one stream.
inline constexpr std::size_t receivers_max = 4;

/// Zeroed memory, shared by all sides and their parent.
struct Arena {
    Side near;                                   ///< pings, or sends
    Side far;                                    ///< answers, or receives
    Side between;                                ///< carries what passes, where somebody does
    std::array<Side, receivers_max - 1> others;  ///< receive as well, in a fan-out
    std::size_t receivers = 1;                   ///< `far` and so many of the others
    Side& receiver(std::size_t index) noexcept { return index == 0 ? far : others[index - 1]; }
    const Side& receiver(std::size_t index) const noexcept {
        return index == 0 ? far : others[index - 1];
    }
    /// The first number that counts; 0: still warming up. Written by `near`.
    alignas(128) std::atomic<std::uint64_t> counted_from{0};
    bool is_one_process = false;  ///< then `near` alone accounts for the processor time
};

/// What the sides wrote, as one measurement. A stream's rate is that of its slowest receiver.
Measurement measurement_of(const Arena& arena);

}  // namespace mycelium::bench
