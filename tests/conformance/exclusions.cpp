#include "exclusions.h"

namespace mycelium::conformance {

const std::vector<Exclusion>& exclusions() {
    static const std::vector<Exclusion> table{
        {cases_between_processes,
         [](const TransportUnderTest& transport) { return !transport.between_processes; },
         "its ends share one address space: there is no other process that could reach it"},
    };
    return table;
}

namespace {

bool is_excluded(const TransportUnderTest& transport, std::string_view cases) {
    for (const Exclusion& exclusion : exclusions())
        if (exclusion.cases == cases && exclusion.applies(transport)) return true;
    return false;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Placement& placement) {
    return out << placement.transport
               << (placement.deployment == Deployment::threads ? "_threads" : "_processes");
}

std::vector<Placement> placements_in_processes() {
    std::vector<Placement> all;
    for (const auto& transport : transports_under_test())
        if (!is_excluded(transport, cases_between_processes))
            all.push_back({transport, Deployment::processes});
    return all;
}

std::vector<Placement> placements() {
    std::vector<Placement> all = placements_in_processes();
    for (const auto& transport : transports_under_test())
        all.push_back({transport, Deployment::threads});
    return all;
}

}  // namespace mycelium::conformance
