// tcp://host:port: any machine.
#pragma once

#include <memory>

#include <mycelium/ext/stream.h>

namespace mycelium {

/// Hosts are IPv4 or IPv6 addresses or names; localhost is 127.0.0.1. listen() waits for the
/// system's resolver when the host is a name; dial() never waits: while a name is being looked up
/// it answers `unavailable`, and the next dial finds the answer.
std::shared_ptr<StreamTransport> tcp_streams();

}  // namespace mycelium
