#include "host/transport/link.h"

namespace mycelium::transport {

memory::LinkFacts facts_of(const std::string& url, const wire::Hello& ours,
                           const wire::Hello& theirs, const PeerIdentity& identity) noexcept {
    const wire::Hello& reader = ours.pattern == wire::Pattern::subscriber ? ours : theirs;
    memory::LinkFacts facts;
    facts.peer_pid = static_cast<std::uint64_t>(identity.pid ? *identity.pid : theirs.pid);
    facts.peer_port = theirs.port;
    facts.policy = static_cast<std::uint8_t>(reader.slow);
    facts.queue_messages_max = reader.queue_messages_max;
    facts.queue_bytes_max = reader.queue_bytes_max;
    facts.transport = std::string_view{url}.substr(0, url.find(':'));
    facts.url = url;
    facts.peer = theirs.node;
    return facts;
}

}  // namespace mycelium::transport
