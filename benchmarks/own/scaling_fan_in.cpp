// More and more publishers, by way of one relay, to one consumer.
#include <string>

#include "benchmarks/own/meeting.h"
#include "benchmarks/own/relay_between.h"
#include "benchmarks/own/scaling_series.h"
#include "benchmarks/own/scaling_stream.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t consumer_index = 0;
constexpr std::size_t relay_index = 1;
constexpr std::size_t publishers_index = 2;
/// So many times as long as others: many on few cores run in turn, a few thousand messages long
/// each time, and a window must hold many turns of each to tell who gets more of them.
constexpr double windows = 3;

/// Until the consumer has received the last messages.
void relay_messages(Board& board, Member& self, const Meeting& meeting) {
    Node node{"bench-relay"};
    Relay relay = relay_between(node, meeting);
    self.side.reach(1);
    relay_until(relay, self.side,
                [&] { board.members[consumer_index].side.await(step_received_all); });
}

void consume(Board& board, Member& self, const Meeting& meeting, const Plan& plan,
             std::size_t publishers) {
    board.members[relay_index].side.await(1);
    Node node{"bench-far"};
    auto subscriber = node.subscriber<Relayed>(meeting.url("out")).value();
    subscriber.wait_for(1, patience).value();
    for (std::size_t i = 0; i < processes_of(publishers); ++i)
        board.members[publishers_index + i].side.await(1);
    const std::uint64_t cpu_before = cpu_ns();
    board.open_window(plan);
    Intake intake{board, std::span{board.lanes}.first(publishers)};
    receive_all(subscriber, intake);
    self.side.cpu_ns = cpu_ns() - cpu_before;
    self.side.reach(step_received_all);
}

void publish(Board& board, Member& self, const Meeting& meeting, std::size_t process,
             std::size_t publishers) {
    board.members[relay_index].side.await(1);
    const std::size_t first = first_of(process, publishers);
    const std::size_t count = first_of(process + 1, publishers) - first;
    Node node{"bench-near"};
    std::vector<Publisher<Relayed>> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(node.publisher<Relayed>(meeting.url("in"), dialling()).value());
    for (auto& publisher : all) publisher.wait_for(1, patience).value();
    self.side.reach(1);
    const std::uint64_t cpu_before = cpu_ns();
    run_on_threads(self, count, [&](std::size_t index) {
        board.await_window();
        send_in_turn<Relayed>(board, std::span{all}.subspan(index, 1), first + index);
    });
    board.members[consumer_index].side.await(step_received_all);
    self.side.cpu_ns = cpu_ns() - cpu_before;
}

}  // namespace

ScalingMeasurement scaled_fan_in(std::string_view scheme, std::size_t publishers,
                                 const Plan& usual) {
    const Meeting meeting{scheme};
    Plan plan = usual;
    plan.seconds *= windows;
    std::vector<MemberBody> members{
        [&](Board& board, Member& self) { consume(board, self, meeting, plan, publishers); },
        [&](Board& board, Member& self) { relay_messages(board, self, meeting); }};
    for (std::size_t i = 0; i < processes_of(publishers); ++i)
        members.push_back(
            [&, i](Board& board, Member& self) { publish(board, self, meeting, i, publishers); });
    return run_crew(members, scaling_limit_seconds, publishers, [&](const Board& board) {
        return stream_figures(board, members.size(), publishers);
    });
}

}  // namespace mycelium::bench
