#include "relay_watch.h"

#include <algorithm>
#include <chrono>

namespace trading {
namespace {

using namespace std::chrono_literals;

RelayState state_of(const mycelium::RelayReport& report) {
    RelayState state;
    state.state = report.state;
    for (const auto& consumer : report.consumers) {
        state.lag = std::max(state.lag, consumer.lag);
        state.lag_ns = std::max(state.lag_ns, consumer.lag_ns);
    }
    for (const auto& source : report.sources)
        if (source.breaker != "closed")
            state.breakers +=
                (state.breakers.empty() ? "" : ", ") + source.name + " " + source.breaker;
    if (state.breakers.empty()) state.breakers = "closed";
    return state;
}

}  // namespace

mycelium::Result<std::string> control_of(mycelium::Service& service, std::string_view link) {
    auto url = service.dial(std::string{link} + "-control");
    return url ? url : service.dial(link);
}

RelayWatch::RelayWatch(mycelium::Service& service) {
    constexpr std::array<const char*, 3> links{"market", "signals", "executions"};
    for (std::size_t i = 0; i < links.size(); ++i) {
        const auto url = control_of(service, links[i]);
        if (!url) continue;
        auto asking = service.node().requester<mycelium::RelayCommand, mycelium::RelayReport>(*url);
        if (asking) relays_[i].asking = *std::move(asking);
    }
}

void RelayWatch::look() {
    for (std::size_t i = 0; i < relays_.size(); ++i) {
        One& one = relays_[i];
        if (!one.asking) continue;
        if (one.pending) {
            auto result = one.pending->try_result();
            if (!result) continue;
            states_[i] = *result ? std::optional{state_of(***result)} : std::nullopt;
            one.pending.reset();
        }
        auto call = one.asking->begin_call({"list", {}}, 2s);
        if (call) one.pending = *std::move(call);
    }
}

}  // namespace trading
