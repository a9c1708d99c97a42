// The two ends of the streams of a scaling point: messages of 64 bytes that name their lane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <mycelium/mycelium.h>

#include "benchmarks/own/ends.h"
#include "benchmarks/own/messages.h"
#include "benchmarks/own/scaling_board.h"
#include "benchmarks/raw/clock.h"

namespace mycelium::bench {

/// Publishes one by one, on every publisher in turn, until the window is over; then to each its
/// last. The publishers' lanes begin with `first_lane`.
template <class T>
void send_in_turn(const Board& board, std::span<Publisher<T>> publishers, std::size_t first_lane) {
    constexpr std::uint64_t clock_mask = 63;  // the clock is not looked at for each message
    const auto send_round = [&](std::uint64_t number) {
        T message;
        message.first = message.last = number;
        message.between[0] = first_lane;
        for (Publisher<T>& publisher : publishers) {
            check(publisher.publish(message));
            ++message.between[0];
        }
    };
    std::uint64_t number = 0;
    for (bool is_over = false; !is_over;) {
        send_round(++number);
        if (publishers.size() > clock_mask || (number & clock_mask) == 0)
            is_over = board.is_over(now_ns());
    }
    send_round(++number | last_bit);
    for (Publisher<T>& publisher : publishers) publisher.flush();
}

/// Until the last message of every lane has come. `first_lane`: that of the intake's first.
template <class T>
void receive_all(Subscriber<T>& subscriber, Intake& intake, std::size_t first_lane = 0) {
    struct Come {
        std::size_t lane;
        Arrival arrival;
    };
    constexpr std::size_t come_max = 64;
    std::vector<Come> come;
    while (!intake.is_done()) {
        come.clear();
        subscriber
            .poll_until(
                Instant::max(),
                [&](const Sample<T>& sample) {
                    come.push_back({sample->between[0] - first_lane, arrival_of(*sample)});
                },
                come_max)
            .value();
        intake.look_at_clock();
        for (const Come& one : come) intake.take(one.lane, one.arrival);
    }
    intake.finish();
}

}  // namespace mycelium::bench
