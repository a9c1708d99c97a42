// Free ports: where a job of its own can meet over tcp.
#pragma once

#include <cstdint>

#include <mycelium/result.h>

namespace trading {

/// The first of `count` ports that are free on 127.0.0.1. Nobody keeps them for us. Errors:
/// unavailable.
mycelium::Result<std::uint16_t> free_ports(std::uint16_t count);

}  // namespace trading
