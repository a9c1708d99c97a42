#include "fabric/node_view.h"

#include <utility>

#include "host/memory/telemetry_layout.h"
#include "host/os/process.h"

namespace mycelium::fabric {

namespace {

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
    auto node = read_node(memory_.span());
    return node ? *std::move(node) : SeenNode{};  // its owner overwrote the beginning
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
