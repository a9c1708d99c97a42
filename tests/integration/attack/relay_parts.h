// A relay in a process of its own, to be killed, stopped and started anew.
#pragma once

#include <optional>
#include <string>

#include "peer.h"

namespace mycelium::attack {

/// Relays market data from "in" to "out", with room for messages of "size" bytes; answers each
/// "counts" with a line of RelayCounts, and each "drain" with "drained" or the error.
int play_relay(const conformance::Part& part, conformance::Channel& channel);

/// What the relay's process says of itself.
struct RelayCounts {
    std::uint64_t forwarded = 0;
    std::uint64_t malformed = 0;
    std::uint64_t misrouted = 0;
    std::uint64_t lost_on_the_way = 0;  ///< from its publishers
    std::uint64_t consumers = 0;
    std::uint64_t sent = 0;  ///< to consumers that are linked; the following, too
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t lag = 0;
    bool is_balanced() const noexcept { return sent == delivered + dropped + lag; }
};

/// The test's end.
class RelayProcess {
public:
    RelayProcess(std::string in, std::string out, std::uint64_t message_bytes_max = 0);
    /// Starts it anew at the same places. It must have been killed.
    void start();
    void kill() { peer_->kill(); }
    void signal(int number) const { peer_->signal(number); }
    RelayCounts counts();
    const std::string& in() const noexcept { return in_; }
    const std::string& out() const noexcept { return out_; }

private:
    const std::string in_, out_;
    const std::uint64_t message_bytes_max_;
    std::optional<conformance::Peer> peer_;
};

}  // namespace mycelium::attack
