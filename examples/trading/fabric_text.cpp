#include "fabric_text.h"

#include "places.h"

namespace trading {
namespace {

using mycelium::Result;

struct Part {
    const char* name;
    const char* host;
    const char* after;
    const char* more;
};

// Those that read come before those that write, and end after them, so that nothing is missed at
// either end.
constexpr Part services[] = {
    {"table", "desk", R"("market-relay", "signal-relay", "execution-relay")",
     "when_done = \"stop\"\n"},
    {"execution", "desk", R"("table")", ""},
    {"strategy", "desk", R"("execution")", ""},
    {"coinbase", "venues", R"("strategy", "table")", ""},
    {"pools", "venues", R"("strategy", "table")", ""},
};
constexpr Part relays[] = {
    {"market-relay", "venues", "market", "market_data"},
    {"signal-relay", "desk", "signals", "signal"},
    {"execution-relay", "desk", "executions", "execution"},
};

constexpr const char* restarting = R"(ready = "notify"
restart = "on-failure"
backoff = "10ms"
backoff_max = "200ms"
window = "1s"
restarts_max = 20
stop_within = "3s"
)";

std::string head(const Part& part, const Options& options) {
    std::string text = std::string{"[service."} + part.name + "]\n" + restarting;
    if (options.mode == "hosts") text += std::string{"host = \""} + part.host + "\"\n";
    return text;
}

/// Who dials a relay over tcp cannot ask it there.
bool has_control_links(const Options& options) {
    return options.mode == "hosts" || options.transport == "tcp" ||
           options.at.starts_with("tcp://");
}

std::string relay_text(const Part& relay, const Options& options) {
    const std::string link = relay.after;
    const std::string control =
        has_control_links(options) ? ", control = [\"" + link + "-control\"]" : "";
    return head(relay, options) + "relay = { domain = \"" + relay.more + "\", in = [\"" + link +
           "-in\"], out = [\"" + link + "\"]" + control + ", block_max = \"10s\" }\n";
}

std::string service_text(const Part& service, const Options& options) {
    return head(service, options) + "after = [" + service.after + "]\n" + service.more;
}

}  // namespace

std::vector<std::string> link_names(const Options& options) {
    std::vector<std::string> all;
    for (const Part& relay : relays) {
        all.push_back(std::string{relay.after} + "-in");
        all.push_back(relay.after);
    }
    if (has_control_links(options))
        for (const Part& relay : relays) all.push_back(std::string{relay.after} + "-control");
    return all;
}

std::vector<std::string> services_on(std::string_view host) {
    std::vector<std::string> all;
    for (const Part& service : services)
        if (service.host == host) all.emplace_back(service.name);
    return all;
}

Result<std::string> fabric_text(const Options& options, const std::string& name) {
    std::string text = "[fabric]\nname = \"" + name + "\"\noutput = \"own\"\nsay = \"trouble\"\n";
    for (const Part& relay : relays) text += relay_text(relay, options);
    for (const Part& service : services) text += service_text(service, options);
    if (options.has_chaos)
        text += "[service.chaos]\nafter = [\"coinbase\", \"pools\"]\nrestart = \"on-failure\"\n";
    const std::vector<std::string> names = link_names(options);
    if (options.mode == "hosts") {
        text += "[host.venues]\naddress = \"" + options.venues + "\"\n[host.desk]\naddress = \"" +
                options.desk + "\"\n";
        std::uint16_t port = options.port;
        for (const std::string& link : names)
            text += "[link." + link + "]\nport = " + std::to_string(port++) + "\n";
        return text;
    }
    MYCELIUM_TRY_ASSIGN(const auto places, places_under(options.at, names));
    for (std::size_t i = 0; i < places.size(); ++i)
        text += "[link." + names[i] + "]\nurl = \"" + places[i] + "\"\n";
    return text;
}

}  // namespace trading
