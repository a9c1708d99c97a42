// One publisher, more and more subscribers.
#include <string>

#include "benchmarks/own/meeting.h"
#include "benchmarks/own/scaling_series.h"
#include "benchmarks/own/scaling_stream.h"

namespace mycelium::bench {
namespace {

void publish(Board& board, Member& self, const Meeting& meeting, const Plan& plan,
             std::size_t subscribers) {
    Node node{"bench-near"};
    std::vector<Publisher<Small>> publishers;
    publishers.push_back(node.publisher<Small>(meeting.url("near"), patient()).value());
    self.side.reach(1);
    publishers.front().wait_for(subscribers, patience).value();
    const std::uint64_t cpu_before = cpu_ns();
    board.open_window(plan);
    send_in_turn<Small>(board, publishers, 0);
    for (std::size_t i = 0; i < processes_of(subscribers); ++i)
        board.members[1 + i].side.await(step_received_all);
    self.side.cpu_ns = cpu_ns() - cpu_before;
}

void subscribe(Board& board, Member& self, const Meeting& meeting, std::size_t process,
               std::size_t subscribers) {
    board.members[0].side.await(1);
    const std::size_t first = first_of(process, subscribers);
    Node node{"bench-far"};
    const std::uint64_t cpu_before = cpu_ns();
    run_on_threads(self, first_of(process + 1, subscribers) - first, [&](std::size_t index) {
        auto subscriber = node.subscriber<Small>(meeting.url("near")).value();
        Intake intake{board, std::span{board.lanes}.subspan(first + index, 1)};
        receive_all(subscriber, intake);
    });
    self.side.cpu_ns = cpu_ns() - cpu_before;
    self.side.reach(step_received_all);
}

}  // namespace

ScalingMeasurement scaled_fan_out(std::string_view scheme, std::size_t subscribers,
                                  const Plan& plan) {
    const Meeting meeting{scheme};
    std::vector<MemberBody> members{
        [&](Board& board, Member& self) { publish(board, self, meeting, plan, subscribers); }};
    for (std::size_t i = 0; i < processes_of(subscribers); ++i)
        members.push_back([&, i](Board& board, Member& self) {
            subscribe(board, self, meeting, i, subscribers);
        });
    return run_crew(members, scaling_limit_seconds, subscribers, [&](const Board& board) {
        return stream_figures(board, members.size(), subscribers);
    });
}

}  // namespace mycelium::bench
