// FabricStatus: what the fabric says of its services when it is asked, as docs/operations/up.md
// describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

namespace trading {

struct ControlQuestion {
    std::string service;
};
MYCELIUM_FIELDS(ControlQuestion, (1, service));

struct ServiceStatus {
    std::string name;
    std::string state;
    std::int64_t pid = 0;
    std::uint64_t restarts = 0;
    std::int64_t up_ns = 0;
    std::int64_t processor_ns = 0;
    std::uint64_t memory_bytes = 0;
    std::string last_end;
    bool is_thread = false;
};
MYCELIUM_FIELDS(ServiceStatus, (1, name), (2, state), (3, pid), (4, restarts), (5, up_ns),
                (6, processor_ns), (7, memory_bytes), (8, last_end), (9, is_thread));

struct FabricStatus {
    std::string name;
    std::string mode;
    std::int64_t pid = 0;
    std::vector<ServiceStatus> services;
};
MYCELIUM_FIELDS(FabricStatus, (1, name), (2, mode), (3, pid), (4, services));

using FabricControl = mycelium::Requester<ControlQuestion, FabricStatus>;

/// Of the fabric that is controlled under that name ("trading-1", in mode hosts
/// "trading-1@desk"). Errors: those of Node::requester().
inline mycelium::Result<FabricControl> fabric_control(mycelium::Node& node,
                                                      const std::string& control_name) {
    return node.requester<ControlQuestion, FabricStatus>("shm://mycelium/" + control_name +
                                                         "/control");
}

}  // namespace trading
