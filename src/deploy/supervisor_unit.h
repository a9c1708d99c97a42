// One service of a supervisor. Of src/deploy/supervisor*.cpp alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "deploy/supervisor.h"
#include "host/os/random.h"

namespace mycelium::deploy {

/// With the kernel, until a process that was killed is gone; and with a node that lingers.
inline constexpr Duration kernel_patience = std::chrono::seconds{10};

struct Supervisor::Unit {
    Unit(const Plan::Service& service, std::size_t index, std::uint64_t seed)
        : plan(service), number(index), policy(service.spec.restart, seed) {}

    const Plan::Service& plan;
    const std::size_t number;
    mesh::RestartPolicy policy;
    State state = State::waiting;
    std::unique_ptr<Running> run;
    std::unique_ptr<Running> last_run;  // goes when none of its calls is under way
    std::optional<RunEnd> end;          // of `run`; not dealt with yet
    Duration burial_pause{};            // its keeper was killed, and what it left is not gone
    Instant burial_began{};
    Instant started{};
    os::children::Usage usage;  // of a process and all below it, not newer than
    Instant usage_taken{};
    std::uint64_t restarts = 0;
    std::string last_end;
    os::Reactor::Timer timer = 0;  // of its state; there is one at most
    bool has_been_ready = false;
    bool has_left = false;  // its program has ended, what that left has not
    bool was_stopped_by_hand = false;
    bool starts_again = false;  // once it has stopped
    bool was_killed = false;    // because it did not end in time
    bool is_given_up = false;   // it cannot be ended

    bool is_alive() const noexcept { return run != nullptr; }
    const std::string& name() const noexcept { return plan.spec.name; }
};

}  // namespace mycelium::deploy
