// More and more links between two processes: what they take when idle, and when busy.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "benchmarks/own/meeting.h"
#include "benchmarks/own/scaling_memory.h"
#include "benchmarks/own/scaling_series.h"
#include "benchmarks/own/scaling_stream.h"

namespace mycelium::bench {
namespace {

constexpr Duration linking_max = std::chrono::seconds{40};
/// Until what came with the links is done: greetings are answered, ports have looked for messages
/// for long enough to sleep.
constexpr Duration settling = std::chrono::milliseconds{150};
/// In which nothing happens; of a brief measurement less, as its windows are.
std::chrono::nanoseconds idle_of(const Plan& plan) {
    return std::min(std::chrono::nanoseconds{std::chrono::seconds{1}},
                    std::chrono::nanoseconds{4 * plan.measured_ns()});
}

constexpr std::uint32_t step_open = 1;
constexpr std::uint32_t step_linked = 2;
constexpr std::uint32_t step_looked = 3;

/// The links are there and nothing happens: what this process takes, beyond `before`.
void look_at_idleness(Member& self, const Member& other, const Occupancy& before,
                      const Plan& plan) {
    self.side.reach(step_linked);
    other.side.await(step_linked);
    std::this_thread::sleep_for(settling);
    const auto idle = idle_of(plan);
    const Doings begin = doings_of_others();
    std::this_thread::sleep_for(idle);
    const Doings end = doings_of_others();
    const double seconds = std::chrono::duration<double>(idle).count();
    self.idle_cpu_ns = (end.cpu_ns - begin.cpu_ns) / seconds;
    self.wake_ups = (end.switches - begin.switches) / seconds;
    const Occupancy now = occupancy_here();
    self.memory_bytes = now.pss_bytes - before.pss_bytes;
    self.private_dirty_bytes = now.private_dirty_bytes - before.private_dirty_bytes;
    self.descriptors = now.descriptors - before.descriptors;
    self.side.reach(step_looked);
    other.side.await(step_looked);
}

void write(Board& board, Member& self, const Member& reader, const Meeting& meeting,
           const Plan& plan, std::size_t links) {
    Node node{"bench-near"};
    const Occupancy before = occupancy_here();
    std::vector<Publisher<Small>> publishers;
    publishers.reserve(links);
    for (std::size_t i = 0; i < links; ++i) {
        publishers.push_back(
            node.publisher<Small>(meeting.url("link" + std::to_string(i)), patient()).value());
        board.lanes[i].set_url(publishers.back().url());
    }
    self.side.reach(step_open);
    for (auto& publisher : publishers) publisher.wait_for(1, linking_max).value();
    look_at_idleness(self, reader, before, plan);

    const std::uint64_t cpu_before = cpu_ns();
    board.open_window(plan);
    send_in_turn<Small>(board, publishers, 0);
    reader.side.await(step_received_all);
    self.side.cpu_ns = cpu_ns() - cpu_before;
    self.busy_memory_bytes = occupancy_here().pss_bytes - before.pss_bytes;
    self.side.reach(step_received_all);
}

void read(Board& board, Member& self, const Member& writer, const Plan& plan, std::size_t links) {
    writer.side.await(step_open);
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < links; ++i) urls.emplace_back(board.lanes[i].url.data());
    Node node{"bench-far"};
    const Occupancy before = occupancy_here();
    const std::uint64_t dialled = now_ns();
    auto subscriber = node.subscriber<Small>(Urls{urls}).value();
    subscriber.wait_for(links, linking_max).value();
    self.connect_ns = static_cast<double>(now_ns() - dialled);

    std::uint64_t cpu_before = 0;
    run_on_threads(self, 2, [&](std::size_t index) {
        // One thread receives, from the beginning; the other one looks on.
        if (index == 0) {
            look_at_idleness(self, writer, before, plan);
            cpu_before = cpu_ns();
            return;
        }
        Intake intake{board, std::span{board.lanes}.first(links)};
        receive_all(subscriber, intake);
    });
    self.side.cpu_ns = cpu_ns() - cpu_before;
    self.busy_memory_bytes = occupancy_here().pss_bytes - before.pss_bytes;
    self.side.reach(step_received_all);
    writer.side.await(step_received_all);
}

std::vector<Figure> figures_of(const Board& board, std::size_t links) {
    const Member& writer = board.members[0];
    const Member& reader = board.members[1];
    const auto both = [&](double Member::*number) { return writer.*number + reader.*number; };
    const auto count = static_cast<double>(links);
    std::vector<Figure> figures{
        {"linking", Scale::time, reader.connect_ns},
        {"linking_each", Scale::time, reader.connect_ns / count},
        {"memory_each", Scale::bytes, both(&Member::memory_bytes) / count},
        {"memory_writer", Scale::bytes, writer.memory_bytes / count},
        {"memory_reader", Scale::bytes, reader.memory_bytes / count},
        {"private_dirty_each", Scale::bytes, both(&Member::private_dirty_bytes) / count},
        {"busy_memory_each", Scale::bytes, both(&Member::busy_memory_bytes) / count},
        {"descriptors_each", Scale::count, both(&Member::descriptors) / count},
        {"idle_cpu", Scale::time, both(&Member::idle_cpu_ns)},
        {"wake_ups", Scale::count, both(&Member::wake_ups)},
    };
    for (Figure& figure : stream_figures(board, 2, links)) figures.push_back(std::move(figure));
    return figures;
}

}  // namespace

ScalingMeasurement scaled_links(std::string_view scheme, std::size_t links, const Plan& plan) {
    const Meeting meeting{scheme};
    return run_crew(
        {[&](Board& board, Member& self) {
             write(board, self, board.members[1], meeting, plan, links);
         },
         [&](Board& board, Member& self) { read(board, self, board.members[0], plan, links); }},
        scaling_limit_seconds, links, [&](const Board& board) { return figures_of(board, links); });
}

}  // namespace mycelium::bench
