// StreamDialer: a dialled URL of a byte-stream transport.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "host/transport/introduction.h"
#include "host/transport/link_kind.h"
#include "host/transport/transport.h"

namespace mycelium::transport {

/// Dials for one port, for ever: one connection for each port that shares the URL at the other
/// side. On the driver's thread, but for close and port_added.
class StreamDialer final : public Endpoint,
                           public LinkMaker,
                           public std::enable_shared_from_this<StreamDialer> {
public:
    static Result<std::shared_ptr<Endpoint>> create(std::shared_ptr<StreamTransport> streams,
                                                    LinkKind kind, const Url& url,
                                                    Surroundings around,
                                                    std::shared_ptr<LinkHost> host,
                                                    std::shared_ptr<memory::BlockPool> pool);

    const Url& url() const noexcept override { return url_; }
    void add(std::shared_ptr<LinkHost>) override {}
    void remove(const LinkHost&) override {}
    void close() override;

    void link_retired(Link& link) override;
    void port_added(std::uint32_t port) override;

private:
    /// One connection to one of the ports there.
    struct Line {
        explicit Line(base::Backoff pauses) : backoff(pauses) {}
        std::optional<std::uint32_t> wanted;  // none: whichever is first
        std::optional<std::uint32_t> linked;  // the port it reached
        std::optional<std::uint32_t> last;    // the one it reached last: where a reader left off
        wire::Hello ours;
        std::unique_ptr<Introducing> introducing;
        const Link* link = nullptr;
        Instant linked_at{};
        base::Backoff backoff;
        os::Reactor::Timer timer = 0;
    };
    using Lines = std::list<Line>;

    StreamDialer(std::shared_ptr<StreamTransport> streams, LinkKind kind, const Url& url,
                 Surroundings around, std::shared_ptr<LinkHost> host,
                 std::shared_ptr<memory::BlockPool> pool);
    void add_line(std::optional<std::uint32_t> wanted);
    void dial(Lines::iterator line);
    void introduce(Lines::iterator line);
    void answered(Lines::iterator line);
    void attach(Lines::iterator line, wire::Hello theirs);
    void failed(Lines::iterator line, const Error& error, const std::string& peer = {});
    void retry(Lines::iterator line, Duration pause);
    bool has_line_to(std::uint32_t port, const Line* other_than) const;

    const std::shared_ptr<StreamTransport> streams_;
    const LinkKind kind_;
    const Url url_;
    const std::string url_text_;
    const Surroundings around_;
    const std::shared_ptr<memory::BlockPool> pool_;
    const bool is_checked_;
    std::shared_ptr<LinkHost> host_;  // the driver's
    Lines lines_;
    std::string last_refusal_;
};

}  // namespace mycelium::transport
