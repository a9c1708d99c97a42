#include "apps/cli/seen_json.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <string_view>

#include "core/codec/json_writer.h"
#include "core/wire/hello.h"

namespace mycelium::cli {

namespace {

using codec::JsonWriter;
using Reasons = std::array<std::uint64_t, drop_reason_count>;

void put(JsonWriter& json, std::string_view key, std::uint64_t value) {
    json.key(key).integer(value);
}
void put(JsonWriter& json, std::string_view key, std::string_view value) {
    json.key(key).string(value);
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x", byte);
        text += digits.data();
    }
    return text;
}

void put_reasons(JsonWriter& json, std::string_view key, const Reasons& counts) {
    json.key(key).begin_object();
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        if (counts[i] != 0) put(json, name_of(static_cast<DropReason>(i)), counts[i]);
    json.end_object();
}

void put_latency(JsonWriter& json, std::string_view key, const fabric::SeenLatency& latency) {
    json.key(key).begin_object();
    put(json, "samples", latency.samples());
    put(json, "p50_ns_max", latency.quantile_ns(0.5));
    put(json, "p99_ns_max", latency.quantile_ns(0.99));
    put(json, "max_ns", latency.max_ns);
    json.end_object();
}

void put_written(JsonWriter& json, const fabric::SeenLink& link) {
    put(json, "sent", link.sent);
    put(json, "sent_bytes", link.sent_bytes);
    put(json, "last_sent", link.last_sent);
    put(json, "queued_messages", link.queued_messages);
    put(json, "queued_bytes", link.queued_bytes);
}

/// The equation, of which each term is counted by itself.
void put_ledger(JsonWriter& json, const fabric::SeenLink& link, bool is_steady) {
    put(json, "delivered", link.delivered);
    put_reasons(json, "dropped", link.dropped);
    put(json, "in_flight", link.in_flight());
    json.key("difference").integer(link.imbalance());
    json.key("is_steady").boolean(link.is_steady && is_steady);
}

void put_read(JsonWriter& json, const fabric::SeenLink& link) {
    put(json, "received", link.received);
    put(json, "received_bytes", link.received_bytes);
    put(json, "last_received", link.last_received);
    put_latency(json, "latency", link.latency);
}

void put_rates(JsonWriter& json, const LinkRates& rates) {
    json.key("rates").begin_object();
    json.key("sent").real(rates.sent);
    json.key("sent_bytes").real(rates.sent_bytes);
    json.key("received").real(rates.received);
    json.key("received_bytes").real(rates.received_bytes);
    put(json, "dropped", rates.dropped);
    put_latency(json, "latency", rates.latency);
    json.end_object();
}

void put_link(JsonWriter& json, const fabric::SeenPort& port, const fabric::SeenLink& link,
              bool has_numbers) {
    put(json, "transport", link.transport);
    put(json, "url", link.url);
    put(json, "peer", link.peer);
    put(json, "peer_pid", link.peer_pid);
    put(json, "peer_port", link.peer_port);
    if (port.writes() || port.reads()) put(json, "policy", name_of(link.policy));
    if (port.writes()) json.key("is_demoted").boolean(link.is_demoted);
    if (!has_numbers) return;
    if (!port.reads()) put_written(json, link);
    if (port.writes()) put_ledger(json, link, port.is_steady);
    if (!port.writes()) put_read(json, link);
    if (port.reads()) put_reasons(json, "missed", link.missed.by_reason);
    if (link.log_bytes == 0) return;
    put(json, "log_bytes", link.log_bytes);
    put(json, "log_used_bytes", link.log_used_bytes);
    put(json, "pool_bytes", link.pool_bytes);
    put(json, "loans_held", link.loans_held);
}

void put_counters(JsonWriter& json, const fabric::SeenPort& port) {
    const Counters all = port.counters();
    json.key("counters").begin_object();
    put(json, "published", all.published);
    put(json, "no_subscriber", all.no_subscriber);
    put(json, "sent", all.sent);
    put(json, "delivered", all.delivered);
    put_reasons(json, "dropped", all.dropped);
    put(json, "in_flight", all.in_flight());
    put(json, "shared", all.shared);
    put(json, "encoded", all.encoded);
    put(json, "bytes", all.bytes);
    put(json, "calls", all.calls);
    put(json, "answers", all.answers);
    put(json, "errors", all.errors);
    put(json, "links_ended", port.links_ended);
    json.end_object();
}

void put_urls(JsonWriter& json, std::string_view urls) {
    json.key("urls").begin_array();
    while (!urls.empty()) {
        const std::size_t end = std::min(urls.find(' '), urls.size());
        if (end != 0) json.string(urls.substr(0, end));
        urls.remove_prefix(std::min(end + 1, urls.size()));
    }
    json.end_array();
}

void put_port(JsonWriter& json, const Look& look, const Look* before, const NodeLook& node,
              const fabric::SeenPort& port) {
    json.begin_object();
    put(json, "number", port.number);
    put(json, "pattern", name_of(port.pattern));
    put(json, "type", port.type);
    if (!port.answer.empty()) put(json, "answer", port.answer);
    put_urls(json, port.urls);
    if (before) put_counters(json, port);
    json.key("links").begin_array();
    for (const fabric::SeenLink& link : port.links) {
        json.begin_object();
        put_link(json, port, link, before != nullptr);
        if (before)
            if (const auto rates = rates_between(*before, look, node, link))
                put_rates(json, *rates);
        json.end_object();
    }
    json.end_array().end_object();
}

void put_events(JsonWriter& json, const fabric::SeenNode& node) {
    json.key("events").begin_array();
    for (const fabric::SeenEvent& event : node.events) {
        json.begin_object();
        put(json, "number", event.number);
        put(json, "at_ns", event.at_ns);
        put(json, "text", event.text);
        json.end_object();
    }
    json.end_array();
}

void put_node(JsonWriter& json, const Look& look, const Look* before, const NodeLook& its) {
    const fabric::SeenNode& node = its.node;
    json.begin_object();
    json.key("pid").integer(its.pid);
    put(json, "name", node.name);
    put(json, "id", hex_of(node.id));
    json.key("is_alive").boolean(its.is_alive);
    put(json, "started_at_ns", node.started_at_ns);
    put(json, "ports_not_shown", node.ports_not_shown);
    put(json, "links_not_shown", node.links_not_shown);
    put(json, "slots_unreadable", node.slots_unreadable);
    if (before) put(json, "telemetry_bytes", its.telemetry_bytes);
    json.key("ports").begin_array();
    for (const fabric::SeenPort& port : node.ports) put_port(json, look, before, its, port);
    json.end_array();
    if (before) put_events(json, node);
    json.end_object();
}

}  // namespace

Result<std::string> json_of(const Look& look, const Look* before,
                            std::size_t processes_unreadable) {
    JsonWriter json;
    json.begin_object().key("nodes").begin_array();
    for (const NodeLook& node : look.nodes) put_node(json, look, before, node);
    json.end_array();
    put(json, "processes_unreadable", processes_unreadable);
    if (before)
        json.key("seconds").real(std::chrono::duration<double>(look.at - before->at).count());
    json.end_object();
    return json.take();
}

}  // namespace mycelium::cli
