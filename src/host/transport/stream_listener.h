// StreamListener: a bound URL of a byte-stream transport.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "host/memory/block_pool.h"
#include "host/transport/introduction.h"
#include "host/transport/link_kind.h"
#include "host/transport/transport.h"

namespace mycelium::transport {

/// Accepts streams, introduces them to the ports that share the URL, and attaches the links.
/// Everything but add, remove and close runs on the driver's thread.
class StreamListener final : public Endpoint,
                             public LinkMaker,
                             public std::enable_shared_from_this<StreamListener> {
public:
    static Result<std::shared_ptr<Endpoint>> create(std::shared_ptr<StreamTransport> streams,
                                                    LinkKind kind, const Url& url,
                                                    Surroundings around,
                                                    std::shared_ptr<memory::BlockPool> pool);
    ~StreamListener() override;

    const Url& url() const noexcept override { return url_; }
    void add(std::shared_ptr<LinkHost> host) override;
    void remove(const LinkHost& host) override;
    void close() override;

    void link_retired(Link&) override {}
    void port_added(std::uint32_t) override {}

private:
    struct Arrival {
        std::unique_ptr<Introducing> introducing;
    };
    using Arrivals = std::list<Arrival>;
    using Hosts = std::vector<std::shared_ptr<LinkHost>>;
    struct Made {
        std::weak_ptr<Link> link;
        std::weak_ptr<LinkHost> host;
    };

    StreamListener(std::shared_ptr<StreamTransport> streams, LinkKind kind,
                   std::unique_ptr<Listener> listener, Surroundings around,
                   std::shared_ptr<memory::BlockPool> pool);
    void watch();
    void pause(Duration duration);
    void accept();
    void greet(Arrivals::iterator arrival);
    void answer_hello(Arrivals::iterator arrival, const wire::FastMessage& request);
    void attach_plain(Arrivals::iterator arrival);
    void attach(Arrivals::iterator arrival, std::shared_ptr<LinkHost> host,
                Introduction introduction, bool with_first);
    void refuse(Arrivals::iterator arrival, const wire::FastMessage* request, const Error& error,
                const std::string& peer);
    static std::shared_ptr<LinkHost> host_for(const Hosts& hosts, wire::Pattern pattern,
                                              const std::vector<std::uint32_t>& wanted,
                                              std::vector<std::uint32_t>& all);
    static void announce(LinkHost& host, const std::shared_ptr<Link>& link, std::uint32_t port);
    Hosts hosts() const;

    const std::shared_ptr<StreamTransport> streams_;
    const LinkKind kind_;
    const Surroundings around_;
    const std::shared_ptr<memory::BlockPool> pool_;
    const Url url_;
    const std::string url_text_;
    const bool is_checked_;

    std::unique_ptr<Listener> listener_;  // the driver's
    os::Reactor::Watch watch_ = 0;
    os::Reactor::Timer pause_ = 0;
    Arrivals arrivals_;

    mutable std::mutex mutex_;  // guards what follows; a leaf, never held while a port is called
    std::vector<std::shared_ptr<LinkHost>> hosts_;
    std::vector<Made> made_;
};

/// Runs `errand` on the reactor's thread and waits for it; here, if the reactor has stopped or this
/// is its thread.
void run_on(os::Reactor& reactor, const std::function<void()>& errand);

}  // namespace mycelium::transport
