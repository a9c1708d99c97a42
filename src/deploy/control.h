// What a running fabric is asked, and answers, at control_url(): docs/operations/up.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/codec.h>

namespace mycelium::deploy {

/// Methods: status, start, stop, restart (of one service), down.
struct ControlQuestion {
    std::string service;  ///< empty where the method is about all
};
MYCELIUM_FIELDS(ControlQuestion, (1, service));

struct ServiceStatus {
    std::string name;
    std::string state;     ///< waiting, starting, running, backing off, stopping, ended, failed
    std::int64_t pid = 0;  ///< 0: none, or a thread
    std::uint64_t restarts = 0;  ///< since the fabric is up
    std::int64_t up_ns = 0;      ///< of this run; 0: it does not run
    std::int64_t processor_ns = 0;
    std::uint64_t memory_bytes = 0;
    std::string last_end;  ///< empty: it has never ended
    bool is_thread = false;
};
MYCELIUM_FIELDS(ServiceStatus, (1, name), (2, state), (3, pid), (4, restarts), (5, up_ns),
                (6, processor_ns), (7, memory_bytes), (8, last_end), (9, is_thread));

struct FabricStatus {
    std::string name;  ///< "trading", in mode hosts "trading@a"
    std::string mode;
    std::int64_t pid = 0;
    std::vector<ServiceStatus> services;
};
MYCELIUM_FIELDS(FabricStatus, (1, name), (2, mode), (3, pid), (4, services));

}  // namespace mycelium::deploy
