#include "fabric/node_core.h"

#include <algorithm>
#include <new>
#include <utility>

#include "fabric/port.h"
#include "host/os/clock.h"
#include "host/os/fd.h"
#include "host/os/process.h"
#include "host/os/random.h"
#include "host/os/user.h"

namespace mycelium::fabric {

namespace {

constexpr Duration tick_interval = std::chrono::microseconds{30};

std::array<std::uint8_t, 16> random_id() noexcept {
    std::array<std::uint8_t, 16> id{};
    for (std::size_t half = 0; half < 2; ++half)
        for (std::uint64_t i = 0, number = random_number(); i < 8; ++i, number >>= 8)
            id[half * 8 + i] = static_cast<std::uint8_t>(number);
    return id;
}

}  // namespace

std::uint64_t random_number() noexcept { return os::random_number(); }

NodeCore::NodeCore(NodeOptions options)
    : options_(std::move(options)),
      id_(random_id()),
      generation_(os::fork_generation()),
      log_(options_.log),
      transports_(options_.transports.empty() ? standard_transports() : options_.transports) {}

NodeCore::~NodeCore() { shut_down(); }

void NodeCore::warn(const std::string& line) noexcept {
    if (!reactor_) return log_.warn(os::now(), line);
    try {
        reactor_->post([weak = weak_from_this(), line] {
            if (const auto self = weak.lock()) self->log_.warn(os::now(), line);
        });
    } catch (const std::bad_alloc&) {
        // Without memory there is nobody to tell: the caller may hold a lock that the log wants.
    }
}

Result<void> NodeCore::start() {
    std::lock_guard guard{mutex_};
    if (is_forked())
        return Error{Errc::closed, "forked: this process is a child of the one that made the node"};
    if (is_stopped()) return Error{Errc::closed, "the node has stopped"};
    if (options_.name.empty() || options_.name.size() > limits::node_name_bytes_max)
        return Error{Errc::invalid,
                     "a node's name has 1 to " + std::to_string(limits::node_name_bytes_max) +
                         " bytes, this one has " + std::to_string(options_.name.size())};
    if (reactor_) return {};
    MYCELIUM_TRY_ASSIGN(auto reactor, os::Reactor::create());
    std::shared_ptr<os::Reactor> shared{std::move(reactor)};
    shared->set_tick(tick_interval, [this] { return tick_all(); });
    MYCELIUM_TRY_ASSIGN(driver_, os::Thread::start("mycelium", [shared] { shared->run(); }));
    telemetry_ = memory::Telemetry::create({.name = options_.name,
                                            .id = id_,
                                            .pid = static_cast<std::uint64_t>(os::process_id()),
                                            .start_ticks = os::process_start_ticks(),
                                            .started_at_ns = os::unix_time_ns()});
    reactor_ = std::move(shared);
    return {};
}

Result<void> NodeCore::add(const std::shared_ptr<Port>& port) {
    std::lock_guard guard{mutex_};
    if (is_stopped()) return Error{Errc::closed, "the node has stopped"};
    std::erase_if(ports_, [](const auto& weak) { return weak.expired(); });
    ports_.push_back(port);
    return {};
}

void NodeCore::stop() noexcept {
    if (is_forked()) return;
    std::lock_guard guard{mutex_};
    is_stopped_.store(true, std::memory_order_release);
    for (const auto& weak : ports_)
        if (const auto port = weak.lock()) port->wake();
}

void NodeCore::shut_down() {
    if (is_forked()) return;
    std::vector<std::weak_ptr<Port>> ports;
    {
        std::lock_guard guard{mutex_};
        if (std::exchange(is_shut_down_, true)) return;
        ports.swap(ports_);
    }
    for (const auto& weak : ports)
        if (const auto port = weak.lock()) port->close();
    is_stopped_.store(true, std::memory_order_release);
    for (const auto& weak : ports)
        if (const auto port = weak.lock()) port->wake();
    if (!reactor_) return;
    reactor_->stop();
    driver_.join();
}

Result<std::shared_ptr<Transport>> NodeCore::transport_for(const Url& url) {
    for (const auto& transport : transports_)
        if (transport->scheme() == url.scheme) return transport;
    std::string known;
    for (const auto& transport : transports_)
        known.append(known.empty() ? "" : ", ").append(transport->scheme()).append("://");
    return Error{Errc::unsupported, url.to_string() + ": this node has no transport '" +
                                        url.scheme + "', it has " + known};
}

Result<std::shared_ptr<transport::Endpoint>> NodeCore::bind(const Url& url,
                                                            const std::shared_ptr<Port>& port) {
    MYCELIUM_TRY_ASSIGN(const auto transport, transport_for(url));
    std::shared_ptr<transport::Endpoint> endpoint;
    {
        std::lock_guard guard{mutex_};
        if (const auto found = bound_.find(url.to_string()); found != bound_.end()) {
            if (found->second.users >= limits::ports_per_url_max)
                return Error{Errc::overloaded, url.to_string() + ": more than ports_per_url_max, " +
                                                   std::to_string(limits::ports_per_url_max) +
                                                   ", ports of this node share it"};
            ++found->second.users;
            endpoint = found->second.endpoint;
        } else {
            MYCELIUM_TRY_ASSIGN(endpoint, transport->bind(url, surroundings()));
            bound_[endpoint->url().to_string()] = {endpoint, 1};
        }
    }
    endpoint->add(port);
    return endpoint;
}

Result<std::shared_ptr<transport::Endpoint>> NodeCore::dial(const Url& url,
                                                            const std::shared_ptr<Port>& port) {
    MYCELIUM_TRY_ASSIGN(const auto transport, transport_for(url));
    return transport->dial(url, surroundings(), port);
}

void NodeCore::release(const std::shared_ptr<transport::Endpoint>& endpoint, bool is_bound,
                       const Port& port) {
    endpoint->remove(port);
    if (!is_bound) return endpoint->close();
    {
        std::lock_guard guard{mutex_};
        const auto found = bound_.find(endpoint->url().to_string());
        if (found == bound_.end() || --found->second.users != 0) return;
        bound_.erase(found);
    }
    endpoint->close();  // waits for the driver: without the lock
}

void NodeCore::tick(std::weak_ptr<Port> port) {
    reactor_->post([this, port = std::move(port)]() mutable {
        ticking_.push_back(std::move(port));
        reactor_->nudge();
    });
}

bool NodeCore::tick_all() {
    const std::uint64_t now_ns = os::unix_time_ns();
    std::erase_if(ticking_, [now_ns](const auto& weak) {
        const auto port = weak.lock();
        return !port || !port->tick(now_ns);
    });
    return !ticking_.empty();
}

}  // namespace mycelium::fabric
