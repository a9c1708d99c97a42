#include <mycelium/ext/ports.h>
#include <mycelium/ext/stream.h>

#include "host/stream/tcp.h"
#include "host/stream/unix.h"
#include "host/transport/inproc.h"
#include "host/transport/shm.h"

namespace mycelium {

std::vector<std::shared_ptr<Transport>> standard_transports() {
    return {transport::inproc(), transport::shm(), framed(unix_streams()), framed(tcp_streams())};
}

std::vector<std::string> standard_schemes() {
    std::vector<std::string> schemes;
    for (const auto& transport : standard_transports()) schemes.emplace_back(transport->scheme());
    return schemes;
}

}  // namespace mycelium
