// The list of everything that is measured.
#include <string>

#include "benchmarks/own/calls.h"
#include "benchmarks/own/pubsub.h"
#include "benchmarks/own/suite.h"
#include "benchmarks/own/trade.h"
#include "benchmarks/raw/baselines.h"

namespace mycelium::bench {
namespace {

struct Size {
    const char* name;
    std::size_t bytes;
};
constexpr Size small{"64B", 64};
constexpr Size round_trip_sizes[] = {
    small, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}, {"10MiB", 10 << 20}};
constexpr Size large_sizes[] = {{"64KiB", 64 << 10}, {"10MiB", 10 << 20}};
constexpr std::size_t messages_at_once = 64;

std::string row(const char* what, const std::string& where, const Size& size) {
    return std::string{what} + "/" + where + "/" + size.name;
}

Own round_trip_over(const std::string& scheme, const Size& size) {
    return {row("round-trip", scheme, size),
            [scheme](const Plan& plan) { return own_round_trip(scheme, plan); }};
}
Own call_over(const std::string& scheme, const Size& size) {
    return {row("call", scheme, size),
            [scheme](const Plan& plan) { return own_call(scheme, plan); }};
}
Own control_over(const std::string& scheme) {
    return {"control/" + scheme,
            [scheme](const Plan& plan) { return own_control_call(scheme, plan); }};
}
Own stream_over(const std::string& scheme, const Size& size, const char* what,
                std::size_t at_once) {
    return {row(what, scheme, size),
            [scheme, at_once](const Plan& plan) { return own_stream(scheme, plan, at_once); }};
}

void add_sockets(std::vector<Group>& groups, const std::string& scheme, SocketKind kind) {
    const auto there_and_back = [kind](const Plan& plan) { return raw_round_trip(kind, plan); };
    const auto one_by_one = [kind](const Plan& plan) { return raw_stream(kind, plan, false); };
    const auto gathered = [kind](const Plan& plan) { return raw_stream(kind, plan, true); };
    const std::string sockets =
        scheme == "unix" ? "socketpair, blocking" : "TCP on loopback, blocking";

    for (const Size& size : round_trip_sizes) {
        groups.push_back({Unit::round_trip,
                          size.bytes,
                          sockets,
                          there_and_back,
                          {round_trip_over(scheme, size), call_over(scheme, size)}});
        if (size.bytes == small.bytes) groups.back().owns.push_back(control_over(scheme));
    }
    groups.push_back({Unit::rate,
                      small.bytes,
                      sockets + ", a write for each",
                      one_by_one,
                      {stream_over(scheme, small, "stream", 1)}});
    groups.push_back({Unit::rate,
                      small.bytes,
                      sockets + ", 64 KiB in a write",
                      gathered,
                      {stream_over(scheme, small, "stream-gathered", 1),
                       stream_over(scheme, small, "stream-at-once", messages_at_once)}});
    for (const Size& size : large_sizes)
        groups.push_back({Unit::rate,
                          size.bytes,
                          sockets + ", a write for each",
                          one_by_one,
                          {stream_over(scheme, size, "stream", 1)}});
}

void add_threads(std::vector<Group>& groups) {
    const std::string scheme = "inproc";
    const Size sizes[] = {small, large_sizes[0], large_sizes[1]};
    for (const Size& size : sizes) {
        groups.push_back({Unit::round_trip,
                          size.bytes,
                          "mutex and condition",
                          raw_queue_round_trip,
                          {round_trip_over(scheme, size), call_over(scheme, size)}});
        groups.push_back({Unit::rate,
                          size.bytes,
                          "mutex and condition",
                          raw_queue_stream,
                          {stream_over(scheme, size, "stream", 1)}});
    }
    for (const Size& size : {small, large_sizes[1]}) {
        groups.push_back({Unit::round_trip,
                          size.bytes,
                          "shared_ptr by a ring, spinning",
                          raw_pointer_round_trip,
                          {{row("pointer-round-trip", scheme, size), own_pointer_round_trip}}});
        groups.push_back({Unit::rate,
                          size.bytes,
                          "shared_ptr by a ring, spinning",
                          raw_pointer_stream,
                          {{row("pointer-stream", scheme, size), own_pointer_stream}}});
    }
}

}  // namespace

std::vector<Group> all_groups() {
    std::vector<Group> groups;
    add_sockets(groups, "unix", SocketKind::unix_stream);
    add_sockets(groups, "tcp", SocketKind::tcp_loopback);
    add_threads(groups);
    groups.push_back({Unit::rate,
                      40,
                      "a struct, member by member",
                      raw_trade,
                      {{"trade-tlv", own_trade}, {"trade-tlv-by-schema", own_trade_by_schema}}});
    return groups;
}

}  // namespace mycelium::bench
