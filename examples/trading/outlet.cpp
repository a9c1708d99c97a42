#include "outlet.h"

#include <span>

namespace trading {

using namespace std::chrono_literals;
using mycelium::Result;

Result<Outlet> Outlet::open(mycelium::Service& service, const std::string& link, Ledger& ledger) {
    mycelium::PublisherOptions options;
    options.role = mycelium::Role::connect;
    options.block_max = 10s;
    options.linger = 2s;
    MYCELIUM_TRY_ASSIGN(const std::string url, service.dial(link));
    MYCELIUM_TRY_ASSIGN(auto port,
                        service.node().publisher_port(url, mycelium::any_schema(), options));
    ledger.begin_publisher(port.id());
    return Outlet{service, std::move(port), ledger};
}

void Outlet::wait_for_relay() {
    while (port_.peers() == 0 && !service_->is_stopping()) (void)port_.wait_for(1, 100ms);
}

Result<void> Outlet::flush() {
    if (count_ == 0) return {};
    wait_for_relay();
    const std::size_t count = std::exchange(count_, 0);
    ledger_->intend(count);
    const auto published = port_.publish(std::span{payloads_.data(), count});
    if (!published) return mycelium::Error{published.error()}.context("publishing");
    ledger_->confirm(count);
    return {};
}

}  // namespace trading
