// Nursery: a process that starts victims, which stop at a chosen store to shared memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "peer.h"

namespace mycelium::attack {

/// The nursery's process: forks victims as it is told, one at a time.
int play_nursery(const conformance::Part& part, conformance::Channel& channel);

/// The test's end. One victim at a time.
class Nursery {
public:
    Nursery() : peer_(conformance::Deployment::processes, {"nursery", "shm", {}}) {}

    /// Starts a victim that will stop itself after its store number `step`; 0: never.
    void start(const std::string& role, const std::string& urls, std::uint64_t step);
    /// The victim may go on from where it waits for a word.
    void go() { peer_.say("go"); }

    struct News {
        bool has_stopped = false;  ///< it is where it was to stop; else it has ended
        int code = 0;              ///< of one that has ended
        std::uint64_t steps = 0;   ///< stores so far
    };
    /// None: it runs.
    std::optional<News> news(Duration limit = std::chrono::milliseconds{1});
    /// SIGSTOP, and SIGCONT.
    void stop() { peer_.say("stop"); }
    void go_on() { peer_.say("continue"); }
    /// Kills it, stopped or not, and waits until it is gone. False: it had ended by itself.
    bool kill();

private:
    conformance::Peer peer_;
};

}  // namespace mycelium::attack
