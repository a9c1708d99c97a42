// NodeView: another process's node, seen through its telemetry segment without its help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/result.h>

#include "fabric/seen_node.h"
#include "host/os/held_memory.h"
#include "host/os/shared_memory.h"

namespace mycelium::fabric {

/// A read-only map of one node's segment. It can be read whatever the process does: runs, is
/// stopped, hangs, or has died. One thread.
class NodeView {
public:
    /// Errors: denied, unavailable (the process has ended), malformed (no segment of ours, or one
    /// that its process inherited), unsupported (of another version).
    static Result<NodeView> open(const os::HeldFile& file);

    SeenNode read() const;
    /// As it is numbered here; the node itself may be in a container that numbers otherwise.
    pid_t pid() const noexcept { return pid_; }
    /// Is the process still there? Its last numbers can be read either way.
    bool is_alive() const noexcept;
    /// Memory of the segment that has been touched, at most.
    std::size_t bytes() const noexcept { return memory_.size(); }

private:
    NodeView(pid_t pid, std::uint64_t start_ticks, os::SharedMemory memory) noexcept
        : pid_(pid), start_ticks_(start_ticks), memory_(std::move(memory)) {}

    pid_t pid_;
    std::uint64_t start_ticks_;
    os::SharedMemory memory_;
};

/// What there is to see.
struct Views {
    std::vector<NodeView> nodes;           ///< by pid
    std::vector<std::string> unreadable;   ///< why, a line each: something calls itself a segment
    std::size_t processes_unreadable = 0;  ///< other users': whether they have nodes is not known
};

/// Of all processes that we may look into. Errors: unavailable (there is no /proc).
Result<Views> find_nodes();
/// Of one. Errors: unavailable (no such process), denied.
Result<Views> find_nodes(pid_t pid);

}  // namespace mycelium::fabric
