// Places: the URLs at which the services meet, all from one base.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

namespace trading {

/// unix:///folder, unix://@name and shm://name: base/market and so on. tcp://host:port: this port
/// and the next ones. Errors: invalid.
mycelium::Result<std::vector<std::string>> places_under(std::string_view base,
                                                        const std::vector<std::string>& names);

}  // namespace trading
