// The running fabrics of this machine, as their supervisors tell of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "deploy/control.h"

namespace mycelium::cli {

/// Their names, found through their supervisors' nodes. Errors: unavailable (there is no /proc).
Result<std::vector<std::string>> fabric_names();
/// Asks one. Errors: unavailable (it is not up; the nearest name is told), timeout, failed.
Result<deploy::FabricStatus> ask_fabric(const std::string& name, std::string_view method,
                                        const std::string& service, Duration timeout);

}  // namespace mycelium::cli
