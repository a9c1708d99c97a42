// LinkKind: how an introduced stream becomes a link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <mycelium/ext/stream.h>

#include "core/wire/hello.h"
#include "host/memory/block_pool.h"
#include "host/transport/link.h"

namespace mycelium::transport {

/// The endpoint that made a link. On the driver's thread.
class LinkMaker {
public:
    virtual ~LinkMaker() = default;
    virtual void link_retired(Link& link) = 0;
    /// The peer's URL has one more port. Any thread.
    virtual void port_added(std::uint32_t port) = 0;
};

/// What the handshake found out.
struct Introduction {
    wire::Hello ours;
    wire::Hello theirs;
    std::string url;
    PeerIdentity identity;
    bool is_plain =
        false;  ///< no port of this library: its calls are FastMessages, and it takes no notices
    bool is_checked = false;          ///< frames of this link carry a checksum
    std::vector<std::byte> answer;    ///< to the peer's hello, as a frame; empty: none is owed
    std::vector<std::byte> received;  ///< what came after the handshake
};

/// False: the peer has gone, or takes nothing of a new stream.
bool write_whole(Stream& stream, std::span<const std::byte> bytes) noexcept;

struct LinkKind {
    std::shared_ptr<Link> (*make)(std::unique_ptr<Stream> stream, Introduction introduction,
                                  std::shared_ptr<LinkHost> host, std::weak_ptr<LinkMaker> maker,
                                  std::shared_ptr<memory::BlockPool> pool);
    bool takes_plain;  ///< messages without an introduction
};

}  // namespace mycelium::transport
