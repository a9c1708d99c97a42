#include "deploy/relay_function.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <mycelium/relay.h>

#include "base/domains.h"
#include "host/os/flag.h"
#include "host/os/poll.h"
#include "host/os/thread.h"

namespace mycelium::deploy {

namespace {

Result<void> bind_all(const Service& service, const std::vector<Reference>& links, Urls& urls) {
    for (const Reference& link : links) {
        MYCELIUM_TRY_ASSIGN(const Urls bound, service.bind(link.name));
        urls.insert(urls.end(), bound.begin(), bound.end());
    }
    return {};
}

Result<void> carry(const RelaySpec& spec, Service& service) {
    RelayOptions options;
    options.domain = base::domain_named(spec.domain);
    if (spec.block_max) options.block_max = *spec.block_max;
    MYCELIUM_TRY(bind_all(service, spec.in, options.in));
    MYCELIUM_TRY(bind_all(service, spec.out, options.out));
    MYCELIUM_TRY(bind_all(service, spec.control, options.control));
    MYCELIUM_TRY_ASSIGN(auto relay, Relay::create(service.node(), options));
    service.ready();
    MYCELIUM_TRY_ASSIGN(os::Flag over, os::Flag::create());
    MYCELIUM_TRY_ASSIGN(auto stopper, os::Thread::start("relay-stopper", [&] {
                            std::array polled{os::Polled{service.fd()}, os::Polled{over.fd()}};
                            (void)os::poll(polled, never);
                            relay.stop();
                        }));
    const os::RaisedAtEnd at_end{over};
    return relay.run();
}

std::string names_of(const std::vector<Reference>& links) {
    std::string text;
    for (const Reference& link : links) text += (text.empty() ? "" : ",") + link.name;
    return text;
}

std::vector<Reference> references_in(std::string_view text) {
    std::vector<Reference> all;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        all.push_back({std::string{text.substr(0, comma)}, {}});
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return all;
}

}  // namespace

ServiceFunction relay_function(RelaySpec relay) {
    return [spec = std::move(relay)](Service& service) { return carry(spec, service); };
}

std::string text_of(const RelaySpec& relay) {
    const std::string block = relay.block_max ? std::to_string(relay.block_max->count()) : "";
    return relay.domain + ";" + names_of(relay.in) + ";" + names_of(relay.out) + ";" +
           names_of(relay.control) + ";" + block;
}

Result<RelaySpec> relay_from(const std::string& text) {
    std::array<std::string_view, 5> parts;
    std::string_view rest = text;
    for (std::string_view& part : parts) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    RelaySpec relay;
    relay.domain = parts[0];
    relay.in = references_in(parts[1]);
    relay.out = references_in(parts[2]);
    relay.control = references_in(parts[3]);
    std::int64_t block_ns = 0;
    const auto read = std::from_chars(parts[4].data(), parts[4].data() + parts[4].size(), block_ns);
    const bool has_block = !parts[4].empty();
    if (base::domain_named(relay.domain) == 0 || relay.in.empty() || relay.out.empty() ||
        !rest.empty() || (has_block && (read.ec != std::errc{} || block_ns < 0)))
        return Error{Errc::invalid, "'" + text + "' is no relay"};
    if (has_block) relay.block_max = Duration{block_ns};
    return relay;
}

}  // namespace mycelium::deploy
