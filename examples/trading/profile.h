// Profile: how much processor time each service has taken.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

namespace trading {

/// Nanoseconds by service.
using Profile = std::map<std::string, std::int64_t>;

/// Of the processes of these fabrics (as they are controlled); where services are threads of this
/// process, of its threads by their names. What cannot be learnt within a second is left out.
Profile profile_of(mycelium::Node& node, const std::vector<std::string>& fabrics);

}  // namespace trading
