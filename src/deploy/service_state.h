// ServiceState: what a Service is a handle of.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/run.h>

#include "deploy/links.h"
#include "host/os/flag.h"

namespace mycelium::deploy {

/// Shared by the service's thread and whoever stops it.
class ServiceState {
public:
    struct Facts {
        std::string name;
        std::vector<std::string> arguments;
        Links links;
        std::function<void()> ready;                    ///< any thread
        std::function<void(std::string_view)> warning;  ///< of its node; any thread
    };
    /// Errors: overloaded.
    static Result<std::shared_ptr<ServiceState>> create(Facts facts);

    const Facts& facts() const noexcept { return facts_; }
    Node& node() noexcept { return *node_; }
    void take_notice() noexcept { takes_notice_.store(true, std::memory_order_relaxed); }
    const os::Flag& stopping() const noexcept { return stopping_; }

    /// The service is to stop. Its node is stopped too, if its function does not look, or must not
    /// go on.
    void stop(bool by_force) noexcept;
    /// Its function has returned: the node hands over what it has.
    void close() noexcept;
    bool is_closing() const noexcept { return is_closing_.load(std::memory_order_relaxed); }

private:
    ServiceState(Facts facts, os::Flag stopping);
    Facts facts_;
    os::Flag stopping_;
    std::atomic<bool> takes_notice_{false};
    std::atomic<bool> is_closing_{false};
    std::mutex mutex_;  // guards the node's end
    std::optional<Node> node_;
};

/// How a run ended, for people.
struct RunEnd {
    bool is_success = false;
    std::string text;
};
/// Calls the function and closes its node; what it throws is an end like others.
RunEnd call(const ServiceFunction& function, const std::shared_ptr<ServiceState>& state);

}  // namespace mycelium::deploy
