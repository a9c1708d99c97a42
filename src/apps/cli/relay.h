// The verb `relay`: carries domain messages from many publishers to many consumers, and manages
// relays that do.
#pragma once

#include <optional>
#include <string>

#include <mycelium/relay.h>

namespace mycelium::cli {

struct RelayVerbOptions {
    enum class Action { serve, list, manage };
    Action action = Action::serve;
    // serve
    RelayOptions relay;
    std::string name;  ///< of its node; empty: relay-DOMAIN
    // list, manage
    std::string url;
    RelayCommand command;
    Duration timeout = std::chrono::seconds{12};
    bool json = false;
};

/// market_data, signal or execution as the number of a domain. Errors: invalid.
Result<std::uint8_t> parse_domain(std::string_view text);

int run_relay(const RelayVerbOptions& options);

}  // namespace mycelium::cli
