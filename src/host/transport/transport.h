// Transport: makes endpoints for the URLs of one scheme.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/url.h>

#include "host/os/reactor.h"
#include "host/transport/link.h"

namespace mycelium::transport {

/// What an endpoint needs of the node that made it. The node outlives its endpoints.
struct Surroundings {
    std::shared_ptr<os::Reactor> reactor;
    std::string node;  ///< the node's name
    std::array<std::uint8_t, 16> node_id{};
};

/// A bound or dialled URL: a source of links for the ports that were added. Any thread.
class Endpoint {
public:
    virtual ~Endpoint() = default;
    /// With the port that the system chose.
    virtual const Url& url() const noexcept = 0;
    virtual void add(std::shared_ptr<LinkHost> host) = 0;
    /// No link is attached to the port any more after this returns. Links it has stay with the
    /// port.
    virtual void remove(const LinkHost& host) = 0;
    /// Ends it. After this returns no port is called any more.
    virtual void close() = 0;
};

}  // namespace mycelium::transport

namespace mycelium {

/// Values shared by nodes; no state of a node's. Any thread.
class Transport {
public:
    virtual ~Transport() = default;
    virtual std::string_view scheme() const noexcept = 0;
    /// Synchronous: when it returns, peers can reach the URL.
    virtual Result<std::shared_ptr<transport::Endpoint>> bind(const Url& url,
                                                              transport::Surroundings around) = 0;
    /// Returns at once; dials for ever.
    virtual Result<std::shared_ptr<transport::Endpoint>> dial(
        const Url& url, transport::Surroundings around,
        std::shared_ptr<transport::LinkHost> host) = 0;
};

}  // namespace mycelium
