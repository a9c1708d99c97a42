// seqpacket://name: a transport of one's own, over packets between processes of one machine.
#pragma once

#include <memory>

#include <mycelium/ext/stream.h>

namespace example {

/// AF_UNIX sockets of type SOCK_SEQPACKET in the abstract namespace: no file, nothing left behind
/// by a crash. Hand it to a node: `NodeOptions{.name = "…", .transports =
/// {mycelium::framed(seqpacket_streams())}}`.
std::shared_ptr<mycelium::StreamTransport> seqpacket_streams();

}  // namespace example
