// A fabric file's relay as a function: in the program's own process, as a thread or a process.
#pragma once

#include <string>

#include <mycelium/run.h>

#include "deploy/fabric_file.h"

namespace mycelium::deploy {

/// Binds its links as the service that it runs as, and carries until that is to stop.
ServiceFunction relay_function(RelaySpec relay);

/// For the process that is to run it, in its environment; and back. invalid: it is not that.
std::string text_of(const RelaySpec& relay);
Result<RelaySpec> relay_from(const std::string& text);

}  // namespace mycelium::deploy
