// Relay: the handle.
#include <mycelium/relay.h>

#include <utility>

#include "relay/engine.h"

namespace mycelium {

Relay::Relay(std::unique_ptr<relay::Engine> engine) noexcept : engine_(std::move(engine)) {}
Relay::Relay(Relay&&) noexcept = default;
Relay& Relay::operator=(Relay&&) noexcept = default;
Relay::~Relay() = default;

Result<Relay> Relay::create(Node& node, const RelayOptions& options) {
    MYCELIUM_TRY_ASSIGN(auto engine, relay::Engine::create(node, options));
    return Relay{std::move(engine)};
}

Result<void> Relay::run() { return engine_->run(); }
void Relay::stop() noexcept { engine_->stop(); }
const std::vector<std::string>& Relay::in() const noexcept { return engine_->in(); }
const std::vector<std::string>& Relay::out() const noexcept { return engine_->out(); }
const std::vector<std::string>& Relay::control() const noexcept { return engine_->control(); }
RelayReport Relay::report() const { return engine_->report(); }
Result<void> Relay::manage(const RelayCommand& command) { return engine_->manage(command); }

}  // namespace mycelium
