#include "inlet.h"

#include <chrono>

namespace trading {

using namespace std::chrono_literals;
using mycelium::Result;

Result<Inlet> Inlet::open(mycelium::Service& service, const std::string& link,
                          mycelium::tlv::TypeSet types, Ledger& ledger) {
    mycelium::SubscriberOptions options;
    options.types = types;
    MYCELIUM_TRY_ASSIGN(const std::string url, service.dial(link));
    MYCELIUM_TRY_ASSIGN(auto port,
                        service.node().subscriber_port(url, mycelium::any_schema(), options));
    return Inlet{service, std::move(port), ledger};
}

void Inlet::wait_for_relay() {
    while (port_.peers() == 0 && !service_->is_stopping()) (void)port_.wait_for(1, 100ms);
}

/// What was on its way through a relay that is gone is gone too, and nobody counts it.
void Inlet::look_for_events() {
    using Kind = mycelium::Event::Kind;
    while (const auto event = port_.try_event())
        if (event->kind == Kind::disconnected || event->kind == Kind::restarted)
            receiving_.on_relay_gone();
}

}  // namespace trading
