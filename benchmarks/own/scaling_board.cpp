#include "benchmarks/own/scaling_board.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/processes.h"

namespace mycelium::bench {
namespace {

/// Anonymous, so it goes with the last process that has it.
class SharedBoard {
public:
    SharedBoard() {
        void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::system_error(errno, std::generic_category(), "no memory to share");
        board_ = new (memory) Board;
    }
    ~SharedBoard() { ::munmap(board_, sizeof(Board)); }
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;
    Board& operator*() const noexcept { return *board_; }

private:
    Board* board_;
};

bool is_run(const std::function<void()>& body, Member& member) noexcept {
    try {
        body();
        return true;
    } catch (const std::exception& error) {
        member.side.set_error(error.what());
    } catch (...) {
        member.side.set_error("an exception of unknown type");
    }
    return false;
}

}  // namespace

void Lane::set_url(std::string_view text) {
    if (text.size() >= url.size()) throw std::runtime_error("too long an URL");
    *std::copy(text.begin(), text.end(), url.begin()) = '\0';
}

double Lane::per_second() const noexcept {
    if (elapsed_ns == 0) return 0;
    return static_cast<double>(counted) * 1e9 / static_cast<double>(elapsed_ns);
}

void Board::open_window(const Plan& plan) noexcept {
    const std::uint64_t begin = now_ns() + plan.warm_up_ns();
    window_end_ns.store(begin + plan.measured_ns(), std::memory_order_relaxed);
    // Pairs with the acquire of those who wait for it: they see the end, too.
    window_begin_ns.store(begin, std::memory_order_release);
}

void Board::await_window() const noexcept {
    const timespec pause{0, 100'000};
    while (window_begin_ns.load(std::memory_order_acquire) == 0) ::nanosleep(&pause, nullptr);
}

Intake::Intake(Board& board, std::span<Lane> lanes)
    : board_(board), lanes_(lanes), counts_(lanes.size()) {}

void Intake::look_at_clock() {
    if (end_ns_ != 0) return;
    const std::uint64_t begin = board_.window_begin_ns.load(std::memory_order_acquire);
    const std::uint64_t time = now_ns();
    if (begin == 0 || time < begin) return;
    if (begin_ns_ == 0) {
        begin_ns_ = time;
        for (Count& count : counts_) count.received_before = count.received;
    }
    if (!board_.is_over(time)) return;
    end_ns_ = time;
    for (Count& count : counts_) count.received_within = count.received;
}

void Intake::take(std::size_t lane, const Arrival& arrival) {
    Count& count = counts_.at(lane);
    if (arrival.kind != Arrival::Kind::good) {
        ++count.wrong;
        return;
    }
    if (arrival.number > count.expected) count.lost += arrival.number - count.expected;
    if (arrival.number < count.expected) ++count.wrong;
    count.expected = std::max(count.expected, arrival.number + 1);
    ++count.received;
    if (arrival.is_last) ++done_;
}

void Intake::finish() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = lanes_[i];
        const Count& count = counts_[i];
        lane.received = count.received;
        lane.counted = count.received_within - count.received_before;
        lane.elapsed_ns = end_ns_ - begin_ns_;
        lane.lost = count.lost;
        lane.wrong = count.wrong;
    }
}

ScalingMeasurement run_crew(const std::vector<MemberBody>& members, double limit_seconds,
                            std::size_t lanes,
                            const std::function<std::vector<Figure>(const Board&)>& read) {
    const SharedBoard shared;
    Board& board = *shared;
    std::vector<std::function<bool()>> bodies;
    for (std::size_t i = 0; i < members.size(); ++i) {
        Member& member = board.members.at(i);
        bodies.push_back([&board, &member, &body = members[i]] {
            return is_run([&] { body(board, member); }, member);
        });
    }
    ScalingMeasurement result;
    const std::string failure = run_processes(bodies, limit_seconds);
    for (std::size_t i = 0; i < members.size(); ++i) {
        const char* error = board.members[i].side.error.data();
        if (*error != '\0') result.error += (result.error.empty() ? "" : "; ") + std::string{error};
    }
    if (result.error.empty()) result.error = failure;
    if (!result.error.empty()) return result;
    for (std::size_t i = 0; i < lanes; ++i) {
        result.lost += board.lanes[i].lost;
        result.wrong += board.lanes[i].wrong;
    }
    result.figures = read(board);
    return result;
}

void run_on_threads(Member& member, std::size_t count,
                    const std::function<void(std::size_t)>& body) {
    const auto guarded = [&](std::size_t index) {
        if (!is_run([&] { body(index); }, member)) ::_exit(1);
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back(guarded, i);
    guarded(0);
    for (std::thread& thread : threads) thread.join();
}

std::vector<Figure> stream_figures(const Board& board, std::size_t members, std::size_t lanes) {
    std::vector<double> rates;
    double received = 0;
    double rate = 0;
    for (std::size_t i = 0; i < lanes; ++i) {
        rates.push_back(board.lanes[i].per_second());
        rate += rates.back();
        received += static_cast<double>(board.lanes[i].received);
    }
    double cpu = 0;
    for (std::size_t i = 0; i < members; ++i)
        cpu += static_cast<double>(board.members[i].side.cpu_ns);
    return {{"rate", Scale::rate, rate},
            {"each", Scale::rate, rate / static_cast<double>(lanes)},
            {"fairness", Scale::fairness, jain_index(rates)},
            {"cpu", Scale::time, received > 0 ? cpu / received : 0}};
}

}  // namespace mycelium::bench
