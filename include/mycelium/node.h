// Node: this process's place in a fabric. It makes ports; they meet other ports at URLs.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/pubsub.h>
#include <mycelium/reqrep.h>
#include <mycelium/result.h>
#include <mycelium/time.h>

namespace mycelium {

namespace fabric {
class NodeCore;
}

/// Makes and owns what ports share: one driver thread, started by the first port. Usable from any
/// thread. Ports may outlive it; their calls then answer `closed`.
class Node {
public:
    /// Acquires nothing.
    explicit Node(std::string name);
    explicit Node(NodeOptions options);
    /// Closes every port (each hands over what it accepted, up to its linger), then stops.
    ~Node();
    Node(Node&&) noexcept;
    Node& operator=(Node&&) noexcept;

    /// One port on one URL, or on several at once. Binds or dials as the pattern's default and
    /// `options.role` say. Errors: invalid (URL), denied, unavailable (no such address), overloaded
    /// (descriptors, memory), unsupported (scheme, or a type that cannot leave the process),
    /// closed.
    template <class T>
    Result<Publisher<T>> publisher(Urls urls, PublisherOptions options = {}) {
        return wrap<Publisher<T>>(publisher_port(urls, schema_of<T>(), options));
    }
    template <class T>
    Result<Subscriber<T>> subscriber(Urls urls, SubscriberOptions options = {}) {
        return wrap<Subscriber<T>>(subscriber_port(urls, schema_of<T>(), options));
    }
    template <class Q, class A>
    Result<Requester<Q, A>> requester(Urls urls, RequesterOptions options = {}) {
        return wrap<Requester<Q, A>>(requester_port(urls, schema_of<Q>(), schema_of<A>(), options));
    }
    template <class Q, class A>
    Result<Replier<Q, A>> replier(Urls urls, ReplierOptions options = {}) {
        return wrap<Replier<Q, A>>(replier_port(urls, schema_of<Q>(), schema_of<A>(), options));
    }

    /// The untyped ports under the typed ones: for relays, tools and bindings.
    Result<PublisherPort> publisher_port(const Urls& urls, const Schema& schema,
                                         const PublisherOptions& options = {});
    Result<SubscriberPort> subscriber_port(const Urls& urls, const Schema& schema,
                                           const SubscriberOptions& options = {});
    Result<RequesterPort> requester_port(const Urls& urls, const Schema& question,
                                         const Schema& answer,
                                         const RequesterOptions& options = {});
    Result<ReplierPort> replier_port(const Urls& urls, const Schema& question, const Schema& answer,
                                     const ReplierOptions& options = {});

    /// Ends every wait of every port with `closed`, from any thread. Ports stay usable only to be
    /// destroyed; that is also when their peers see them go.
    void stop() noexcept;
    const std::string& name() const noexcept;

private:
    template <class Typed, class Untyped>
    static Result<Typed> wrap(Result<Untyped> port) {
        if (!port) return std::move(port).error();
        return Typed{*std::move(port)};
    }
    std::shared_ptr<fabric::NodeCore> core_;
};

/// Waits until one of the descriptors is readable. timeout: none was before `deadline`.
Result<void> wait_for_any(Instant deadline, std::initializer_list<int> fds);

/// Waits until one of the ports (subscribers, repliers) has something to receive and returns its
/// index: the first, if several have. Errors: timeout at `deadline`; closed, when one of their
/// nodes has stopped; overloaded, if a port can have no descriptor.
template <class... Ports>
Result<std::size_t> wait(Instant deadline, Ports&... ports) {
    const std::initializer_list<int> fds{ports.fd()...};
    for (;;) {
        std::size_t index = 0;
        std::optional<Result<std::size_t>> found;
        const auto look = [&](auto& port) {
            if (found) return;
            Result<bool> ready = port.is_ready();
            if (!ready)
                found.emplace(std::move(ready).error());
            else if (*ready)
                found.emplace(index);
            ++index;
        };
        (look(ports), ...);
        if (found) return *std::move(found);
        MYCELIUM_TRY(wait_for_any(deadline, fds));
    }
}

}  // namespace mycelium
