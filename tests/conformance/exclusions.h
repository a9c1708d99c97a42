// What the suite does not run on some transport, and why: the one table of it.
#pragma once

#include <string_view>
#include <vector>

#include "peer.h"
#include "transport_under_test.h"

namespace mycelium::conformance {

/// What a group of cases asks of a transport.
struct Exclusion {
    std::string_view cases;
    bool (*applies)(const TransportUnderTest& transport);
    std::string_view reason;
};

inline constexpr std::string_view cases_between_processes = "cases between processes";

const std::vector<Exclusion>& exclusions();

/// A transport and how the ends of it are placed.
struct Placement {
    TransportUnderTest transport;
    Deployment deployment = Deployment::threads;
};
std::ostream& operator<<(std::ostream& out, const Placement& placement);

/// Every transport, as threads and as processes, but for what the table excludes.
std::vector<Placement> placements();
/// Every transport whose ends can be processes, by the same table.
std::vector<Placement> placements_in_processes();

}  // namespace mycelium::conformance
