#include "apps/cli/relay_text.h"

#include <algorithm>
#include <span>

#include "apps/cli/quantity.h"
#include "apps/cli/seen_text.h"
#include "apps/cli/text.h"
#include "base/domains.h"
#include "core/codec/json_writer.h"

namespace mycelium::cli {

namespace {

using codec::JsonWriter;

constexpr std::size_t name_columns = 22;

double seconds_between(const RelayReport& before, const RelayReport& now) {
    const std::uint64_t passed = now.at_ns > before.at_ns ? now.at_ns - before.at_ns : 0;
    return static_cast<double>(passed) / 1e9;
}

double rate(std::uint64_t before, std::uint64_t now, double seconds) {
    return seconds > 0 && now >= before ? static_cast<double>(now - before) / seconds : 0;
}

const RelaySource* same(const RelayReport& in, const RelaySource& source) {
    const auto found = std::find_if(in.sources.begin(), in.sources.end(), [&](const auto& one) {
        return one.name == source.name && one.pid == source.pid && one.url == source.url;
    });
    return found == in.sources.end() ? nullptr : &*found;
}

const RelayConsumer* same(const RelayReport& in, const RelayConsumer& consumer) {
    const auto found = std::find_if(in.consumers.begin(), in.consumers.end(), [&](const auto& one) {
        return one.link == consumer.link && one.link != 0;
    });
    return found == in.consumers.end() ? nullptr : &*found;
}

double rate_of(const RelaySource& source, const RelayReport& before, double seconds) {
    const RelaySource* const old = same(before, source);
    return rate(old ? old->forwarded : 0, source.forwarded, seconds);
}

double rate_of(const RelayConsumer& consumer, const RelayReport& before, double seconds) {
    const RelayConsumer* const old = same(before, consumer);
    return rate(old ? old->delivered : 0, consumer.delivered, seconds);
}

/// "3 queue_full, 1 peer_gone"; "" if there is none. What was not asked for is no loss.
std::string losses(std::span<const std::uint64_t> by_reason) {
    std::string text;
    for (std::size_t i = 0; i < std::min(by_reason.size(), drop_reason_count); ++i) {
        const auto reason = static_cast<DropReason>(i);
        if (by_reason[i] == 0 || reason == DropReason::not_asked_for) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(by_reason[i]) + " ";
        text += name_of(reason);
    }
    return text;
}

std::string types_of(const RelayConsumer& consumer) {
    if (consumer.types.empty()) return "all";
    std::string text;
    for (const std::uint8_t type : consumer.types)
        text += (text.empty() ? "" : ",") + std::to_string(type);
    return text;
}

std::string milliseconds(std::uint64_t ns) {
    if (ns == 0) return "";
    const std::uint64_t tenths = ns / 100'000;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "ms";
}

std::string number(std::uint64_t value) { return short_number(static_cast<double>(value)); }

std::string pid_of(std::int64_t pid) { return pid == 0 ? "?" : std::to_string(pid); }

std::string line_of(const RelaySource& source, double per_second) {
    return "  " + fit(one_line(source.name), name_columns) + " " +
           fit_right(pid_of(source.pid), 7) + "  " + fit(source.is_linked ? "linked" : "gone", 8) +
           " " + fit(source.breaker, 9) + " " + fit_right(short_number(per_second), 7) + " " +
           fit_right(number(source.forwarded), 9) + " " + fit_right(number(source.malformed), 9) +
           " " + fit_right(number(source.misrouted), 9) + "  " + losses(source.missed) + "\n";
}

std::string line_of(const RelayConsumer& consumer, double per_second) {
    return "  " + fit(one_line(consumer.name), name_columns) + " " +
           fit_right(consumer.link == 0 ? "" : pid_of(consumer.pid), 7) + "  " +
           fit(consumer.state, 8) + " " + fit(types_of(consumer), 9) + " " +
           fit_right(short_number(per_second), 7) + " " + fit_right(number(consumer.delivered), 9) +
           " " + fit_right(number(consumer.lag), 9) + " " +
           fit_right(milliseconds(consumer.lag_ns), 9) + "  " + losses(consumer.dropped) + "\n";
}

std::string headings(std::string_view what, std::string_view third, std::string_view fifth,
                     std::string_view sixth, std::string_view seventh) {
    return fit(what, name_columns + 2) + " " + fit_right("PID", 7) + "  " + fit("STATE", 8) + " " +
           fit(third, 9) + " " + fit_right("MSG/S", 7) + " " + fit_right(fifth, 9) + " " +
           fit_right(sixth, 9) + " " + fit_right(seventh, 9) + "  LOST\n";
}

template <class Value>
void put(JsonWriter& json, std::string_view key, Value value) {
    json.key(key);
    if constexpr (std::is_same_v<Value, bool>)
        json.boolean(value);
    else if constexpr (std::is_integral_v<Value>)
        json.integer(value);
    else if constexpr (std::is_floating_point_v<Value>)
        json.real(value);
    else
        json.string(printable(value));
}

void put_list(JsonWriter& json, std::string_view key, const std::vector<std::string>& all) {
    json.key(key).begin_array();
    for (const std::string& one : all) json.string(printable(one));
    json.end_array();
}

void put_reasons(JsonWriter& json, std::string_view key, std::span<const std::uint64_t> counts) {
    json.key(key).begin_object();
    for (std::size_t i = 0; i < std::min(counts.size(), drop_reason_count); ++i)
        if (counts[i] != 0) put(json, name_of(static_cast<DropReason>(i)), counts[i]);
    json.end_object();
}

void put(JsonWriter& json, const RelaySource& source, double per_second) {
    json.begin_object();
    put(json, "name", std::string_view{source.name});
    put(json, "pid", source.pid);
    put(json, "url", std::string_view{source.url});
    put(json, "id", source.id);
    put(json, "is_linked", source.is_linked);
    put(json, "breaker", std::string_view{source.breaker});
    put(json, "rate", per_second);
    put(json, "forwarded", source.forwarded);
    put(json, "malformed", source.malformed);
    put(json, "misrouted", source.misrouted);
    put(json, "failed", source.failed);
    put_reasons(json, "missed", source.missed);
    json.end_object();
}

void put(JsonWriter& json, const RelayConsumer& consumer, double per_second) {
    json.begin_object();
    put(json, "name", std::string_view{consumer.name});
    put(json, "pid", consumer.pid);
    put(json, "url", std::string_view{consumer.url});
    put(json, "link", consumer.link);
    put(json, "state", std::string_view{consumer.state});
    put(json, "policy", std::string_view{consumer.policy});
    json.key("types").begin_array();
    for (const std::uint8_t type : consumer.types) json.integer(type);
    json.end_array();
    put(json, "rate", per_second);
    put(json, "sent", consumer.sent);
    put(json, "delivered", consumer.delivered);
    put(json, "lag", consumer.lag);
    put(json, "lag_ns", consumer.lag_ns);
    put_reasons(json, "dropped", consumer.dropped);
    json.end_object();
}

}  // namespace

std::string outcome_of(std::string_view verb) {
    if (verb == "pause") return "paused";
    if (verb == "resume") return "resumed";
    if (verb == "drain") return "drained";
    return verb == "evict" ? "evicted" : std::string{verb};
}

std::string text_of(const RelayReport& before, const RelayReport& now) {
    const double seconds = seconds_between(before, now);
    std::string text = one_line(now.name) + ", " + std::string{base::domain_name(now.domain)} +
                       ", " + one_line(now.state) + ": " + count_of(now.forwarded, "message") +
                       ", " + short_number(rate(before.forwarded, now.forwarded, seconds)) +
                       "/s; malformed " + std::to_string(now.malformed) + ", of other domains " +
                       std::to_string(now.misrouted) + "\n";
    text += headings("SOURCE", "BREAKER", "FORWARDED", "MALFORMED", "MISROUTED");
    for (const RelaySource& source : now.sources)
        text += line_of(source, rate_of(source, before, seconds));
    text += headings("CONSUMER", "TYPES", "DELIVERED", "LAG", "LAG TIME");
    for (const RelayConsumer& consumer : now.consumers)
        text += line_of(consumer, rate_of(consumer, before, seconds));
    return text;
}

std::string json_of(const RelayReport& before, const RelayReport& now) {
    const double seconds = seconds_between(before, now);
    JsonWriter json;
    json.begin_object();
    put(json, "name", std::string_view{now.name});
    put(json, "domain", base::domain_name(now.domain));
    put(json, "state", std::string_view{now.state});
    put_list(json, "in", now.in);
    put_list(json, "out", now.out);
    put(json, "rate", rate(before.forwarded, now.forwarded, seconds));
    put(json, "forwarded", now.forwarded);
    put(json, "malformed", now.malformed);
    put(json, "misrouted", now.misrouted);
    json.key("sources").begin_array();
    for (const RelaySource& source : now.sources)
        put(json, source, rate_of(source, before, seconds));
    json.end_array().key("consumers").begin_array();
    for (const RelayConsumer& consumer : now.consumers)
        put(json, consumer, rate_of(consumer, before, seconds));
    json.end_array().end_object();
    auto text = json.take();
    return text ? *text : "{}";
}

}  // namespace mycelium::cli
