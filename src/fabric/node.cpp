#include <mycelium/node.h>

#include <utility>

#include "fabric/node_core.h"
#include "fabric/publisher_state.h"
#include "fabric/replier_state.h"
#include "fabric/requester_state.h"
#include "fabric/subscriber_state.h"
#include "host/os/poll.h"

namespace mycelium {

namespace {

/// Makes one port and opens it.
template <class Handle, class State, class... Arguments>
Result<Handle> open_port(const std::shared_ptr<fabric::NodeCore>& core, const Urls& urls, Role role,
                         Arguments&&... arguments) {
    MYCELIUM_TRY(core->start());
    auto state = std::make_shared<State>(core, std::forward<Arguments>(arguments)...);
    Handle handle{state};  // closes what is open already, if the rest fails
    MYCELIUM_TRY(core->add(state));
    MYCELIUM_TRY(state->open(urls, role));
    return handle;
}

NodeOptions named(std::string name) {
    NodeOptions options;
    options.name = std::move(name);
    return options;
}

}  // namespace

Node::Node(std::string name) : Node(named(std::move(name))) {}
Node::Node(NodeOptions options) : core_(std::make_shared<fabric::NodeCore>(std::move(options))) {}
Node::~Node() {
    if (core_) core_->shut_down();
}
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(Node&& other) noexcept {
    if (core_ && core_ != other.core_) core_->shut_down();
    core_ = std::move(other.core_);
    return *this;
}

Result<PublisherPort> Node::publisher_port(const Urls& urls, const Schema& schema,
                                           const PublisherOptions& options) {
    return open_port<PublisherPort, fabric::PublisherState>(core_, urls, options.role, schema,
                                                            options);
}
Result<SubscriberPort> Node::subscriber_port(const Urls& urls, const Schema& schema,
                                             const SubscriberOptions& options) {
    return open_port<SubscriberPort, fabric::SubscriberState>(core_, urls, options.role, schema,
                                                              options);
}
Result<RequesterPort> Node::requester_port(const Urls& urls, const Schema& question,
                                           const Schema& answer, const RequesterOptions& options) {
    return open_port<RequesterPort, fabric::RequesterState>(core_, urls, options.role, question,
                                                            answer, options);
}
Result<ReplierPort> Node::replier_port(const Urls& urls, const Schema& question,
                                       const Schema& answer, const ReplierOptions& options) {
    return open_port<ReplierPort, fabric::ReplierState>(core_, urls, options.role, question, answer,
                                                        options);
}

void Node::stop() noexcept { core_->stop(); }
const std::string& Node::name() const noexcept { return core_->name(); }

Result<void> wait_for_any(Instant deadline, std::initializer_list<int> fds) {
    std::vector<os::Polled> polled;
    for (const int fd : fds) {
        if (fd < 0)
            return Error{Errc::overloaded, "no descriptor is left for a port to be waited for"};
        polled.push_back({.fd = fd});
    }
    MYCELIUM_TRY_ASSIGN(const int ready, os::poll(polled, deadline));
    if (ready == 0) return Error{Errc::timeout, "none of the ports has anything to receive"};
    return {};
}

}  // namespace mycelium
