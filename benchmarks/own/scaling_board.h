// Board: the memory that the processes of one point of a scaling curve share, and how they count.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "benchmarks/own/scaling.h"
#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/stamp.h"

namespace mycelium::bench {

inline constexpr std::size_t lanes_max = 1024;
inline constexpr std::size_t members_max = 16;

/// One stream of numbered messages: a subscriber's, a publisher's, or a link's. Written by whoever
/// receives it, but for the URL.
struct alignas(64) Lane {
    std::uint64_t received = 0;  ///< all, warm-up included
    std::uint64_t counted = 0;   ///< within the window
    std::uint64_t elapsed_ns = 0;
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::array<char, 216> url{};

    void set_url(std::string_view text);
    double per_second() const noexcept;
};

/// One process. `side` has its steps, its processor time and what went wrong.
struct Member {
    Side side;
    // What some points ask of it besides.
    double connect_ns = 0;
    double opening_ns = 0;         ///< of all ports together
    double opening_median_ns = 0;  ///< of one
    double closing_ns = 0;
    double memory_bytes = 0;         ///< more than before, proportional set size
    double private_dirty_bytes = 0;  ///< more than before
    double busy_memory_bytes = 0;    ///< as memory_bytes, after the stream
    double descriptors = 0;          ///< more than before
    double idle_cpu_ns = 0;          ///< of a second without messages
    double wake_ups = 0;             ///< the same
};

/// Zeroed. One of the members opens the window when all are linked; who sends, sends until its end.
struct Board {
    std::array<Member, members_max> members;
    std::array<Lane, lanes_max> lanes;
    alignas(128) std::atomic<std::uint64_t> window_begin_ns{0};  ///< 0: not opened yet
    std::atomic<std::uint64_t> window_end_ns{0};

    /// From a warm-up's length from now on.
    void open_window(const Plan& plan) noexcept;
    /// Sleeps until it is open.
    void await_window() const noexcept;
    bool is_over(std::uint64_t time_ns) const noexcept {
        return time_ns >= window_end_ns.load(std::memory_order_relaxed);
    }
};

/// Counts what arrives on some lanes. One thread.
class Intake {
public:
    Intake(Board& board, std::span<Lane> lanes);
    /// Before what has just arrived is taken: looks whether the window has begun, or ended.
    void look_at_clock();
    void take(std::size_t lane, const Arrival& arrival);
    /// The last message of every lane has come.
    bool is_done() const noexcept { return done_ == lanes_.size(); }
    /// Writes what was counted to the lanes.
    void finish();

private:
    struct Count {
        std::uint64_t expected = 1;
        std::uint64_t received = 0;
        std::uint64_t received_before = 0;  ///< the window
        std::uint64_t received_within = 0;  ///< it, and before
        std::uint64_t lost = 0;
        std::uint64_t wrong = 0;
    };
    Board& board_;
    std::span<Lane> lanes_;
    std::vector<Count> counts_;
    std::uint64_t begin_ns_ = 0;
    std::uint64_t end_ns_ = 0;
    std::size_t done_ = 0;
};

using MemberBody = std::function<void(Board&, Member&)>;

/// Runs `members`, each in a process of its own, as run_processes() does. `read`: makes figures of
/// what they wrote; called only if all came to their end. Losses of the first `lanes` are told.
ScalingMeasurement run_crew(const std::vector<MemberBody>& members, double limit_seconds,
                            std::size_t lanes,
                            const std::function<std::vector<Figure>(const Board&)>& read);

/// In a member: `body(0)` to `body(count - 1)`, each on a thread of its own. What one throws ends
/// the process: others may wait for it.
void run_on_threads(Member& member, std::size_t count,
                    const std::function<void(std::size_t)>& body);

/// Of the first `lanes`: "rate", all together; "each"; "fairness"; "cpu" of the members for each
/// message.
std::vector<Figure> stream_figures(const Board& board, std::size_t members, std::size_t lanes);

/// How many processes so many take, and which of them has which: at most `processes_max`, each as
/// many as the others or one more.
inline constexpr std::size_t processes_max = 8;
constexpr std::size_t processes_of(std::size_t count) noexcept {
    return count < processes_max ? count : processes_max;
}
constexpr std::size_t first_of(std::size_t process, std::size_t count) noexcept {
    return process * count / processes_of(count);
}

}  // namespace mycelium::bench
