// NodeCore: what the ports of one node share: transports, bound URLs, the driver.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <mycelium/ext/ports.h>

#include "base/log.h"
#include "host/memory/block_pool.h"
#include "host/memory/telemetry.h"
#include "host/os/fd.h"
#include "host/os/reactor.h"
#include "host/os/thread.h"
#include "host/transport/transport.h"

namespace mycelium::fabric {

class Port;

/// Any thread. The driver thread starts with the first port and ends with shut_down().
class NodeCore : public std::enable_shared_from_this<NodeCore> {
public:
    explicit NodeCore(NodeOptions options);
    ~NodeCore();

    /// Starts the driver, once.
    Result<void> start();
    /// Remembers the port, so that stop() and shut_down() reach it.
    Result<void> add(const std::shared_ptr<Port>& port);
    void stop() noexcept;
    /// Closes every port, then ends the driver.
    void shut_down();

    Result<std::shared_ptr<transport::Endpoint>> bind(const Url& url,
                                                      const std::shared_ptr<Port>& port);
    Result<std::shared_ptr<transport::Endpoint>> dial(const Url& url,
                                                      const std::shared_ptr<Port>& port);
    void release(const std::shared_ptr<transport::Endpoint>& endpoint, bool is_bound,
                 const Port& port);

    bool is_stopped() const noexcept { return is_stopped_.load(std::memory_order_acquire); }
    bool is_forked() const noexcept { return generation_ != os::fork_generation(); }
    const std::string& name() const noexcept { return options_.name; }
    const std::array<std::uint8_t, 16>& id() const noexcept { return id_; }
    std::uint32_t next_port_number() noexcept { return next_port_number_.fetch_add(1); }
    os::Reactor& reactor() noexcept { return *reactor_; }
    memory::BlockPool& pool() noexcept { return pool_; }
    memory::Telemetry& telemetry() noexcept { return *telemetry_; }
    /// Any thread, with any lock held: it is the driver that tells the user's log.
    void warn(const std::string& line) noexcept;
    /// The driver ticks this port until it has nothing more to look at. Any thread.
    void tick(std::weak_ptr<Port> port);

private:
    struct Bound {
        std::shared_ptr<transport::Endpoint> endpoint;
        std::size_t users = 0;
    };

    Result<std::shared_ptr<Transport>> transport_for(const Url& url);
    transport::Surroundings surroundings() const { return {reactor_, options_.name, id_}; }
    bool tick_all();

    const NodeOptions options_;
    const std::array<std::uint8_t, 16> id_;
    const std::uint32_t generation_;
    base::Log log_;
    memory::BlockPool pool_;
    std::vector<std::shared_ptr<Transport>> transports_;
    std::atomic<std::uint32_t> next_port_number_{1};
    std::atomic<bool> is_stopped_{false};

    std::mutex mutex_;  // guards what follows; taken before a port's lock, never after
    std::shared_ptr<os::Reactor> reactor_;          // constant once started
    std::shared_ptr<memory::Telemetry> telemetry_;  // the same
    os::Thread driver_;
    bool is_shut_down_ = false;
    std::vector<std::weak_ptr<Port>> ports_;
    std::map<std::string, Bound> bound_;

    std::vector<std::weak_ptr<Port>> ticking_;  // the driver's
};

/// A number that nobody can guess to be another's: for ids and epochs.
std::uint64_t random_number() noexcept;

}  // namespace mycelium::fabric
