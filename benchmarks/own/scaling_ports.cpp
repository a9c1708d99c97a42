// More and more ports in one node.
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <mycelium/mycelium.h>

#include "benchmarks/own/meeting.h"
#include "benchmarks/own/messages.h"
#include "benchmarks/own/scaling_board.h"
#include "benchmarks/own/scaling_memory.h"
#include "benchmarks/own/scaling_series.h"
#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/quantiles.h"

namespace mycelium::bench {
namespace {

void open_and_close(Member& self, const Meeting& meeting, std::size_t ports) {
    Node node{"bench"};
    // What the node has once, its driver for instance, comes with its first port.
    const auto first = node.publisher<Small>(meeting.url("first")).value();
    const Occupancy before = occupancy_here();
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < ports; ++i) urls.push_back(meeting.url("port" + std::to_string(i)));
    std::vector<Publisher<Small>> all;
    all.reserve(ports);
    std::vector<double> times;
    times.reserve(ports);
    for (const std::string& url : urls) {
        const std::uint64_t begun = now_ns();
        all.push_back(node.publisher<Small>(url).value());
        times.push_back(static_cast<double>(now_ns() - begun));
    }
    self.opening_ns = std::accumulate(times.begin(), times.end(), 0.0);
    self.opening_median_ns = spread_of(std::move(times)).median;
    const Occupancy now = occupancy_here();
    self.memory_bytes = now.pss_bytes - before.pss_bytes;
    self.descriptors = now.descriptors - before.descriptors;
    const std::uint64_t closed = now_ns();
    all.clear();
    self.closing_ns = static_cast<double>(now_ns() - closed);
}

}  // namespace

ScalingMeasurement scaled_ports(std::string_view scheme, std::size_t ports) {
    const Meeting meeting{scheme};
    return run_crew(
        {[&](Board&, Member& self) { open_and_close(self, meeting, ports); }},
        scaling_limit_seconds, 0, [&](const Board& board) -> std::vector<Figure> {
            const Member& only = board.members[0];
            const auto count = static_cast<double>(ports);
            return {{"opening_each", Scale::time, static_cast<double>(only.opening_ns) / count},
                    {"closing_each", Scale::time, static_cast<double>(only.closing_ns) / count},
                    {"memory_each", Scale::bytes, only.memory_bytes / count},
                    {"descriptors_each", Scale::count, only.descriptors / count}};
        });
}

}  // namespace mycelium::bench
