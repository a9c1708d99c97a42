#include "fabric/node_view.h"

#include <utility>

#include "fabric/seen_memory.h"
#include "host/memory/telemetry_layout.h"
#include "host/os/process.h"

namespace mycelium::fabric {

namespace {

constexpr int attempts_max = 20;
constexpr std::string_view file_name = "mycelium.telemetry";

Views views_of(const os::HeldMemory& found) {
    Views views;
    views.processes_unreadable = found.processes_unreadable;
    for (const os::HeldFile& file : found.files) {
        auto view = NodeView::open(file);
        if (view)
            views.nodes.push_back(*std::move(view));
        else if (view.error() != Errc::unavailable)  // it has ended meanwhile
            views.unreadable.push_back(file.path + ": " + view.error().message());
    }
    return views;
}

}  // namespace

namespace {

/// The 64-bit number that ends in these 32 bits and lies at most 2^32 below `most`.
std::uint64_t at_most(std::uint64_t most, std::uint32_t low) noexcept {
    return most - static_cast<std::uint32_t>(static_cast<std::uint32_t>(most) - low);
}

/// Completes what the link's writer counts by what its reader says in their subscription. False:
/// they do not fit.
bool add_subscription(SeenLink& link, const SeenSubscription& its) noexcept {
    std::uint64_t by_publisher = 0;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        by_publisher += its.dropped_by_publisher[i];
        link.dropped[i] = its.dropped_by_publisher[i] + its.dropped_by_reader[i];
    }
    const std::uint64_t end = link.last_sent + 1;
    const bool fits = its.head <= end && end - its.head <= link.sent;
    link.queued_messages = fits && link.sent != 0 ? end - its.head : 0;
    const std::uint64_t taken =
        link.sent - link.queued_messages - std::min(by_publisher, link.sent - link.queued_messages);
    const std::uint64_t finished = at_most(taken, its.finished);
    link.delivered = at_most(finished, its.delivered);
    link.away = taken - finished;
    return fits && link.imbalance() == 0;
}

/// What the writer alone can say of its links through memory is not all there is.
void leave_open(SeenNode& node) noexcept {
    for (SeenPort& port : node.ports)
        for (SeenLink& link : port.links)
            if (port.writes() && link.transport == "shm") link.is_steady = false;
}

bool add_subscriptions(SeenNode& node, const std::vector<SeenSubscription>& all) noexcept {
    bool fits = true;
    for (SeenPort& port : node.ports)
        for (SeenLink& link : port.links)
            for (const SeenSubscription& one : all)
                if (port.writes() && link.transport == "shm" && one.port == port.number &&
                    one.reader_port == link.peer_port && one.reader_pid == link.peer_pid)
                    fits = add_subscription(link, one) && fits;
    return fits;
}

}  // namespace

Result<NodeView> NodeView::open(const os::HeldFile& file) {
    using memory::telemetry::Segment;
    MYCELIUM_TRY_ASSIGN(os::Fd fd, file.open());
    MYCELIUM_TRY_ASSIGN(os::SharedMemory memory,
                        os::SharedMemory::open(std::move(fd), os::SharedMemory::Kind::log,
                                               sizeof(Segment), sizeof(Segment)));
    memory.drop_descriptor();
    MYCELIUM_TRY_ASSIGN(const SeenNode node, read_node(memory.span()));
    const std::uint64_t start_ticks = os::process_start_ticks(file.pid);
    if (start_ticks == 0) return Error{Errc::unavailable, "the process has ended"};
    if (node.start_ticks != start_ticks)
        return Error{Errc::malformed, "it belongs to another process, pid " +
                                          std::to_string(node.pid) +
                                          ", of which this one holds a descriptor"};
    return NodeView{file.pid, start_ticks, std::move(memory)};
}

SeenNode NodeView::read() const {
    for (int attempt = 0;; ++attempt) {
        const auto subscriptions = see_subscriptions(pid_);
        auto node = read_node(memory_.span());
        if (!node) return {};  // its owner overwrote the beginning
        if (!subscriptions)
            leave_open(*node);  // it has died, and what its readers said is gone with it
        if (!subscriptions || subscriptions->empty()) return *std::move(node);
        // Two looks, between which it may have gone on.
        const bool fits = add_subscriptions(*node, *subscriptions);
        if (fits || attempt == attempts_max) return *std::move(node);
    }
}

bool NodeView::is_alive() const noexcept { return os::is_running(pid_, start_ticks_); }

Result<Views> find_nodes() {
    MYCELIUM_TRY_ASSIGN(const os::HeldMemory found, os::find_held_memory(file_name));
    return views_of(found);
}

Result<Views> find_nodes(pid_t pid) {
    MYCELIUM_TRY_ASSIGN(const os::HeldMemory found, os::find_held_memory(file_name, pid));
    return views_of(found);
}

}  // namespace mycelium::fabric
