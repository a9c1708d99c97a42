// inproc:// — ports of one process meet by name.
#pragma once

#include <memory>

#include "host/transport/transport.h"

namespace mycelium::transport {

/// All inproc transports of a process share one table of names, as all its sockets share one of
/// ports: nodes of the same process meet without having been introduced.
std::shared_ptr<Transport> inproc();

}  // namespace mycelium::transport
