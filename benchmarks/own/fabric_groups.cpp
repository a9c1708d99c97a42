#include "benchmarks/own/fabric_groups.h"

#include <string>
#include <utility>

#include "benchmarks/own/pipeline.h"
#include "benchmarks/own/supervising.h"
#include "benchmarks/raw/baselines.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t trade_bytes = 64;
constexpr std::size_t trade_readers = 2;  // the strategy, the table

void add_supervisor(std::vector<Group>& groups, const std::string& command) {
    groups.push_back({Unit::round_trip,
                      0,
                      "fork, kill, waitpid",
                      raw_death,
                      {{"supervised/death",
                        [command](const Plan& plan) { return own_death_seen(command, plan); }}}});
    groups.push_back({Unit::round_trip,
                      0,
                      "the same service's start, which nobody supervises",
                      [command](const Plan& plan) { return own_start(command, plan); },
                      {{"supervised/restart",
                        [command](const Plan& plan) { return own_restart(command, plan); }}}});
}

void add_pipeline(std::vector<Group>& groups, const std::string& program) {
    const auto mode = [&](const char* name) {
        return Own{std::string{"pipeline/"} + name,
                   [program, name](const Plan& plan) { return own_pipeline(program, name, plan); }};
    };
    groups.push_back({Unit::rate,
                      trade_bytes,
                      "two rings and a process between, to two readers",
                      [](const Plan& plan) {
                          const RingManner gathered{RingWait::spin_then_sleep, false, 16};
                          return raw_ring_relay_stream(gathered, plan, trade_readers);
                      },
                      {mode("processes"), mode("threads")}});
}

}  // namespace

void add_fabrics(std::vector<Group>& groups, const Programs& programs) {
    if (!programs.command.empty()) add_supervisor(groups, programs.command);
    if (!programs.trading.empty()) add_pipeline(groups, programs.trading);
}

}  // namespace mycelium::bench
