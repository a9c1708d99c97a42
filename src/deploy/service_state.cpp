#include "deploy/service_state.h"

#include <exception>
#include <utility>

namespace mycelium::deploy {

namespace {

NodeOptions node_options(const ServiceState::Facts& facts) {
    NodeOptions options;
    options.name = facts.name;
    options.log = facts.warning;
    return options;
}

/// Leaves the text as it is if there is no memory for a better one.
void describe(const std::exception& error, std::string& text) noexcept {
    try {
        text = std::string{"threw: "} + error.what();
    } catch (...) {
    }
}

}  // namespace

ServiceState::ServiceState(Facts facts, os::Flag stopping)
    : facts_(std::move(facts)), stopping_(std::move(stopping)), node_(node_options(facts_)) {}

Result<std::shared_ptr<ServiceState>> ServiceState::create(Facts facts) {
    MYCELIUM_TRY_ASSIGN(os::Flag stopping, os::Flag::create());
    return std::shared_ptr<ServiceState>{new ServiceState{std::move(facts), std::move(stopping)}};
}

void ServiceState::stop(bool by_force) noexcept {
    stopping_.raise();
    if (!by_force && takes_notice_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock{mutex_};
    if (node_) node_->stop();
}

void ServiceState::close() noexcept {
    is_closing_.store(true, std::memory_order_relaxed);
    std::optional<Node> node;
    {
        const std::lock_guard lock{mutex_};
        node.swap(node_);
    }
}

RunEnd call(const ServiceFunction& function, const std::shared_ptr<ServiceState>& state) {
    RunEnd end{false, "threw something"};
    try {
        Service service{state};
        const Result<void> result = function(service);
        const bool was_told =
            !result && result.error().code() == Errc::closed && state->stopping().is_raised();
        end = {result.ok() || was_told,
               result || was_told ? "ended" : "failed: " + result.error().to_string()};
    } catch (const std::exception& error) {
        describe(error, end.text);
    } catch (...) {
    }
    state->close();
    return end;
}

}  // namespace mycelium::deploy

namespace mycelium {

Service::Service(std::shared_ptr<deploy::ServiceState> state) noexcept : state_(std::move(state)) {}
const std::string& Service::name() const noexcept { return state_->facts().name; }
const std::vector<std::string>& Service::arguments() const noexcept {
    return state_->facts().arguments;
}
Result<Urls> Service::bind(std::string_view link) const { return state_->facts().links.bind(link); }
Result<std::string> Service::dial(std::string_view link) const {
    return state_->facts().links.dial(link);
}
Node& Service::node() noexcept { return state_->node(); }
void Service::ready() { state_->facts().ready(); }

bool Service::is_stopping() const noexcept {
    state_->take_notice();
    return state_->stopping().is_raised();
}
int Service::fd() const noexcept {
    state_->take_notice();
    return state_->stopping().fd();
}
Result<bool> Service::is_ready() const { return is_stopping(); }

}  // namespace mycelium
