#include "apps/cli/stats.h"

#include <array>
#include <string>

#include "apps/cli/looking.h"
#include "apps/cli/output.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "apps/cli/seen_json.h"
#include "apps/cli/seen_text.h"
#include "apps/cli/text.h"
#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/signals.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "stats";

std::string rate_of(const std::optional<LinkRates>& rates, double messages, double bytes) {
    if (!rates) return "new";
    return short_number(messages) + "/s, " + short_bytes(bytes) + "/s";
}

std::string fill_of(const fabric::SeenLink& link) {
    if (link.queue_messages_max == 0) return "";
    const double part = 100.0 * static_cast<double>(link.queued_messages) /
                        static_cast<double>(link.queue_messages_max);
    return " of " + std::to_string(link.queue_messages_max) + " (" + short_number(part) + " %)";
}

std::string memory_of(const fabric::SeenLink& link) {
    if (link.log_bytes == 0) return "";
    return "        log " + short_bytes(static_cast<double>(link.log_used_bytes)) + " of " +
           short_bytes(static_cast<double>(link.log_bytes)) + ", pool " +
           short_bytes(static_cast<double>(link.pool_bytes)) + ", loans held " +
           std::to_string(link.loans_held) + "\n";
}

std::string text_of_writer(const fabric::SeenPort& port, const fabric::SeenLink& link,
                           const std::optional<LinkRates>& rates) {
    std::string text = "        sent " + std::to_string(link.sent) + ", " +
                       short_bytes(static_cast<double>(link.sent_bytes)) + ": " +
                       rate_of(rates, rates ? rates->sent : 0, rates ? rates->sent_bytes : 0) +
                       "\n";
    if (!port.writes()) return text + memory_of(link);
    text += "        behind by " + std::to_string(link.in_flight()) + ": " +
            std::to_string(link.queued_messages) + " queued" + fill_of(link) + ", " +
            short_bytes(static_cast<double>(link.queued_bytes)) + "; " + std::to_string(link.away) +
            " on their way\n";
    text += "        dropped " + describe(link.dropped) + "\n" + memory_of(link);
    return text + "        " + ledger_line(link, port.is_steady) + "\n";
}

std::string text_of_latency(const fabric::SeenLink& link, const std::optional<LinkRates>& rates) {
    // Of this interval, if anything came in it.
    const bool is_recent = rates && rates->latency.samples() != 0;
    const fabric::SeenLatency& latency = is_recent ? rates->latency : link.latency;
    if (latency.samples() == 0) return "";
    return "        latency p50 ≤ " + short_time(latency.quantile_ns(0.5)) + ", p99 ≤ " +
           short_time(latency.quantile_ns(0.99)) + ", of " + count_of(latency.samples(), "sample") +
           (is_recent ? "" : " ever") + "; max ever " + short_time(link.latency.max_ns) + "\n";
}

std::string text_of_reader(const fabric::SeenPort& port, const fabric::SeenLink& link,
                           const std::optional<LinkRates>& rates) {
    std::string text =
        "        received " + std::to_string(link.received) + ", " +
        short_bytes(static_cast<double>(link.received_bytes)) + ": " +
        rate_of(rates, rates ? rates->received : 0, rates ? rates->received_bytes : 0) + "\n";
    if (port.reads()) text += "        missed " + describe(link.missed.by_reason) + "\n";
    return text + text_of_latency(link, rates);
}

std::string text_of_port(const Look& before, const Look& now, const NodeLook& node,
                         const fabric::SeenPort& port) {
    const Counters all = port.counters();
    std::string text = "  " + std::to_string(port.number) + " " + describe(port) + "\n      ";
    if (port.writes())
        text += "published " + std::to_string(all.published) + ", " +
                std::to_string(all.no_subscriber) + " of them to nobody; ";
    if (port.writes() || port.reads())
        text += std::string{port.writes() ? "sent " : "learnt of "} + std::to_string(all.sent) +
                ", delivered " + std::to_string(all.delivered) + ", dropped " +
                describe(all.dropped);
    else
        text += count_of(all.calls, "call") + ", " + count_of(all.answers, "answer") + ", " +
                count_of(all.errors, "error");
    text += "; " + count_of(port.links_ended, "link") + " ended\n";
    for (const fabric::SeenLink& link : port.links) {
        const auto rates = rates_between(before, now, node, link);
        text += "      " + describe(port, link) + "\n";
        if (!port.reads()) text += text_of_writer(port, link, rates);
        if (!port.writes()) text += text_of_reader(port, link, rates);
    }
    return text;
}

std::string text_of_node(const Look& before, const Look& now, const NodeLook& its) {
    const fabric::SeenNode& node = its.node;
    std::string text = std::to_string(its.pid) + " " + one_line(node.name) +
                       (its.is_alive ? "" : " (has ended: its last numbers)") + ", counters in " +
                       short_bytes(static_cast<double>(its.telemetry_bytes)) + " at most\n";
    for (const fabric::SeenPort& port : node.ports) text += text_of_port(before, now, its, port);
    if (node.ports_not_shown + node.links_not_shown != 0)
        text += "  and " + count_of(node.ports_not_shown, "port") + " and " +
                count_of(node.links_not_shown, "link") + " more, for which there was no slot\n";
    if (node.slots_unreadable != 0)
        text += "  " + count_of(node.slots_unreadable, "slot") +
                " cannot be read: the process was stopped while it wrote there\n";
    return text;
}

Result<void> tell(const StatsOptions& options) {
    MYCELIUM_TRY_ASSIGN(const os::StopSignal stop, os::StopSignal::create());
    MYCELIUM_TRY_ASSIGN(const fabric::Views views, find({options.which}));
    const Look before = look_at(views.nodes);
    if (!views.nodes.empty()) {
        std::array<os::Polled, 1> polled{os::Polled{stop.fd(), false, false}};
        MYCELIUM_TRY(os::poll(polled, after(options.interval)));
        if (stop.came()) return {};
    }
    const Look now = look_at(views.nodes);
    Output output{stop.fd()};
    if (options.json) {
        MYCELIUM_TRY_ASSIGN(const std::string json,
                            json_of(now, &before, views.processes_unreadable));
        MYCELIUM_TRY(output.write(json + "\n"));
    } else {
        for (const NodeLook& node : now.nodes)
            MYCELIUM_TRY(output.write(text_of_node(before, now, node)));
    }
    MYCELIUM_TRY(output.flush());
    if (now.nodes.empty()) say(verb, "no node is running; a node shows once it has a port");
    if (options.which.empty()) say_unseen(verb, views);
    return {};
}

}  // namespace

int run_stats(const StatsOptions& options) {
    const auto told = tell(options);
    return told ? exit_success : fail(verb, told.error());
}

}  // namespace mycelium::cli
