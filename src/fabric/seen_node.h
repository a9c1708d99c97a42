// SeenNode: what another process's node tells by its telemetry segment, at one moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/result.h>

#include "core/wire/hello.h"

namespace mycelium::fabric {

/// Sampled times from a message's timestamp to its hand-out: how many took at least 2^(b-1) and
/// less than 2^b ns, for each b.
struct SeenLatency {
    std::array<std::uint64_t, 40> buckets{};
    std::uint64_t max_ns = 0;

    std::uint64_t samples() const noexcept;
    /// An upper bound of the time that this part of them took at most, to a factor of two; 0: there
    /// are none.
    std::uint64_t quantile_ns(double part) const noexcept;
    void add(const SeenLatency& other) noexcept;
    /// What came since `before`.
    SeenLatency since(const SeenLatency& before) const noexcept;
};

/// One end of a link. Texts are valid UTF-8, and may hold anything else: the peer chose some.
struct SeenLink {
    std::uint32_t slot = 0;  ///< with `generation` the same link in another reading
    std::uint64_t generation = 0;
    std::uint32_t port = 0;
    std::uint64_t peer_pid = 0;  ///< 0: not known
    std::uint64_t peer_port = 0;
    SlowReader policy = SlowReader::block;
    bool is_demoted = false;
    std::uint64_t queue_messages_max = 0, queue_bytes_max = 0;
    std::string transport, url, peer;

    // The writing end.
    std::uint64_t sent = 0, delivered = 0, sent_bytes = 0;
    std::array<std::uint64_t, drop_reason_count> dropped{};
    std::uint64_t queued_messages = 0, queued_bytes = 0;
    std::uint64_t away = 0;  ///< left, and the reader is not known to be done with them
    std::uint64_t last_sent = 0;
    // The reading end.
    std::uint64_t received = 0, received_bytes = 0;
    Missed missed;
    std::uint64_t last_received = 0;
    SeenLatency latency;
    // Where memory is shared.
    std::uint64_t log_bytes = 0, log_used_bytes = 0, pool_bytes = 0, loans_held = 0;

    /// False: its writer was in the middle of counting, so that the numbers may not fit each other.
    bool is_steady = true;

    std::uint64_t dropped_total() const noexcept;
    /// Dropped or missed of what was asked for.
    std::uint64_t lost() const noexcept;
    std::uint64_t in_flight() const noexcept { return queued_messages + away; }
    /// sent − (delivered + dropped + in flight): not 0 says that messages got lost uncounted, or,
    /// if negative, were counted twice.
    std::int64_t imbalance() const noexcept {
        return static_cast<std::int64_t>(sent - delivered - dropped_total() - in_flight());
    }
};

/// Its counters are its own and those of links that have ended; its links' go on top.
struct SeenPort {
    std::uint32_t number = 0;
    wire::Pattern pattern = wire::Pattern::publisher;
    SlowReader policy = SlowReader::block;
    std::uint64_t queue_messages_max = 0, queue_bytes_max = 0, message_bytes_max = 0;
    std::string type, answer, urls;
    Counters ended;
    std::uint64_t links_ended = 0;
    std::vector<SeenLink> links;
    bool is_steady = true;

    bool writes() const noexcept { return pattern == wire::Pattern::publisher; }
    bool reads() const noexcept { return pattern == wire::Pattern::subscriber; }
    /// With those of its links, as the port's own counters() tells them.
    Counters counters() const noexcept;
};

struct SeenEvent {
    std::uint64_t number = 0, at_ns = 0;
    std::string text;
};

struct SeenNode {
    std::uint64_t pid = 0;  ///< as it calls itself
    std::uint64_t start_ticks = 0;
    std::uint64_t started_at_ns = 0;
    std::array<std::uint8_t, 16> id{};
    std::string name;
    std::vector<SeenPort> ports;  ///< by number
    std::vector<SeenEvent> events;
    std::uint64_t ports_not_shown = 0, links_not_shown = 0;
    std::size_t slots_unreadable = 0;  ///< being written, for as long as we looked, or damaged
};

/// Reads a segment that its owner may be writing, that it may have stopped writing at any
/// instruction, or that is no segment at all. Copies each word once, waits for nobody. `segment`
/// is aligned to 8. Errors: malformed (not ours), unsupported (another version's).
Result<SeenNode> read_node(std::span<const std::byte> segment);

}  // namespace mycelium::fabric
