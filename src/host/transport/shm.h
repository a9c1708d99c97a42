// shm://name: messages through memory that both ends map.
#pragma once

#include <memory>

#include "host/transport/transport.h"

namespace mycelium::transport {

std::shared_ptr<Transport> shm();

}  // namespace mycelium::transport
