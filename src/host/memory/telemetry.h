// Telemetry: one node's counters, where other processes can read them without its help.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/ext/message.h>

#include "base/count.h"
#include "host/memory/telemetry_layout.h"
#include "host/os/shared_memory.h"

namespace mycelium::memory {

/// Where a port counts, and a link. In the segment from the start, or in private memory where that
/// has no room.
using PortCell = telemetry::Port<base::Count>;
using LinkCell = telemetry::Link<base::Count>;

/// What does not change about a node.
struct NodeFacts {
    std::string name;
    std::array<std::uint8_t, 16> id{};
    std::uint64_t pid = 0;
    std::uint64_t start_ticks = 0;
    std::uint64_t started_at_ns = 0;
};

/// What does not change about a port. Texts too long for their place end in "…".
struct PortFacts {
    std::uint32_t number = 0;
    std::uint8_t pattern = 0;
    std::uint8_t policy = 0;
    std::uint64_t queue_messages_max = 0;
    std::uint64_t queue_bytes_max = 0;
    std::uint64_t message_bytes_max = 0;
    std::uint64_t opened_at_ns = 0;
    std::string_view type{};
    std::string_view answer{};
};

struct LinkFacts {
    std::uint32_t port = 0;
    std::uint64_t peer_pid = 0;
    std::uint32_t peer_port = 0;
    std::uint8_t policy = 0;
    std::uint64_t queue_messages_max = 0;
    std::uint64_t queue_bytes_max = 0;
    std::uint64_t opened_at_ns = 0;
    std::string_view transport{};
    std::string_view url{};
    std::string_view peer{};
};

/// Cells in private memory, for whoever has no node.
std::shared_ptr<PortCell> private_port_cell(const PortFacts& facts);
std::shared_ptr<LinkCell> private_link_cell(const LinkFacts& facts = {});

/// Marks a cell whose numbers are someone else's from now on. Its holder calls it.
void end(LinkCell& cell) noexcept;
void end(PortCell& cell) noexcept;
/// For a port that has learnt where it is.
void set_urls(PortCell& cell, const std::vector<std::string>& urls) noexcept;

/// One message that was handed out, `now_ns` after its timestamp; a clock that was set back counts
/// as no time.
void sample_latency(telemetry::Reading<base::Count>& reading, std::uint64_t timestamp,
                    std::uint64_t now_ns) noexcept;

/// Hands out cells. Any thread; a cell's words belong to whoever holds the port's or the lane's
/// lock. Cells keep the segment alive.
class Telemetry : public std::enable_shared_from_this<Telemetry> {
public:
    /// Always succeeds: without shared memory the node counts in private, and why() tells why.
    static std::shared_ptr<Telemetry> create(const NodeFacts& facts);
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;

    /// A cell is free again when the last owner lets go of it. Throw std::bad_alloc.
    std::shared_ptr<PortCell> open_port(const PortFacts& facts);
    std::shared_ptr<LinkCell> open_link(const LinkFacts& facts);
    /// Something that happened, for people: the last events_max are kept.
    void note(std::uint64_t at_ns, std::string_view text) noexcept;

    bool is_shared() const noexcept { return memory_.has_value(); }
    const std::string& why_not_shared() const noexcept { return why_; }
    /// -1: nothing is shared.
    int fd() const noexcept { return memory_ ? memory_->fd() : -1; }

private:
    Telemetry() = default;
    telemetry::Segment* segment() const noexcept;
    template <class Cell>
    struct Hold;
    template <class Cell, std::size_t count>
    void find_slot(Hold<Cell>& hold, std::array<Cell, count>& table, base::Count& used);
    template <class Cell, class Facts, std::size_t count>
    std::shared_ptr<Cell> open(std::array<Cell, count>& table, std::vector<std::uint32_t>& unused,
                               base::Count& used, base::Count& not_shown, const Facts& facts);

    std::optional<os::SharedMemory> memory_;
    std::string why_;
    std::mutex mutex_;                         // a leaf; guards what follows, and the head's words
    std::vector<std::uint32_t> ports_unused_;  // slots that were used and are free again
    std::vector<std::uint32_t> links_unused_;
};

}  // namespace mycelium::memory
