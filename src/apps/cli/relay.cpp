#include "apps/cli/relay.h"

#include <array>
#include <utility>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/ends.h"
#include "apps/cli/output.h"
#include "apps/cli/quantity.h"
#include "apps/cli/relay_text.h"
#include "apps/cli/report.h"
#include "base/domains.h"
#include "host/os/clock.h"
#include "host/os/doorbell.h"
#include "host/os/flag.h"
#include "host/os/poll.h"
#include "host/os/signals.h"
#include "host/os/thread.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "relay";
constexpr Duration between_looks = std::chrono::milliseconds{300};

Result<int> serve(const RelayVerbOptions& options) {
    MYCELIUM_TRY_ASSIGN(os::StopSignal stop, os::StopSignal::create());
    const std::string name = options.name.empty()
                                 ? "relay-" + std::string{base::domain_name(options.relay.domain)}
                                 : options.name;
    Node node{NodeOptions{
        .name = name, .transports = {}, .log = [](std::string_view line) { say(verb, line); }}};
    auto relay = Relay::create(node, options.relay);
    if (!relay) return fail_to_open(verb, relay.error());
    say(verb, "publishers dial " + joined(relay->in()) + ", consumers " + joined(relay->out()));
    if (relay->control().empty())
        say(verb, "nobody can manage it: give --control URL, such as shm://NAME");
    MYCELIUM_TRY_ASSIGN(os::Flag over, os::Flag::create());
    MYCELIUM_TRY_ASSIGN(auto stopper, os::Thread::start("relay-stopper", [&] {
                            std::array polled{os::Polled{stop.fd()}, os::Polled{over.fd()}};
                            (void)os::poll(polled, never);
                            relay->stop();
                        }));
    const os::RaisedAtEnd at_end{over};
    const auto ran = relay->run();
    const RelayReport report = relay->report();
    say(verb, "forwarded " + count_of(report.forwarded, "message") + ", malformed " +
                  std::to_string(report.malformed) + ", of other domains " +
                  std::to_string(report.misrouted));
    return ran ? exit_success : fail(verb, ran.error());
}

/// Two looks, so that there are rates.
Result<int> list(Requester<RelayCommand, RelayReport>& relay, const RelayVerbOptions& options) {
    MYCELIUM_TRY_ASSIGN(const auto first, relay.call(options.command, options.timeout));
    os::Doorbell nobody;
    (void)nobody.wait(nobody.ticket(), os::now() + between_looks);
    MYCELIUM_TRY_ASSIGN(const auto second, relay.call(options.command, options.timeout));
    Output output;
    MYCELIUM_TRY(
        output.write(options.json ? json_of(*first, *second) + "\n" : text_of(*first, *second)));
    MYCELIUM_TRY(output.flush());
    return exit_success;
}

Result<int> ask(const RelayVerbOptions& options) {
    Node node = node_of(verb, Warnings::kept);
    auto relay = node.requester<RelayCommand, RelayReport>(options.url);
    if (!relay) return fail_to_open(verb, relay.error());
    if (auto there = relay->wait_for(1, options.timeout); !there)
        return std::move(there).error().context("no relay answers");
    if (options.action == RelayVerbOptions::Action::list) return list(*relay, options);
    MYCELIUM_TRY_ASSIGN(const auto report, relay->call(options.command, options.timeout));
    const std::string whom =
        options.command.consumer.empty() ? "the relay" : options.command.consumer;
    say(verb, whom + ": " + outcome_of(options.command.verb));
    return exit_success;
}

}  // namespace

Result<std::uint8_t> parse_domain(std::string_view text) {
    if (const std::uint8_t domain = base::domain_named(text)) return domain;
    return Error{Errc::invalid,
                 "'" + std::string{text} + "' is none of market_data, signal and execution"};
}

int run_relay(const RelayVerbOptions& options) {
    const auto ran =
        options.action == RelayVerbOptions::Action::serve ? serve(options) : ask(options);
    return ran ? *ran : fail(verb, ran.error());
}

}  // namespace mycelium::cli
