// The list of everything that is measured.
#include <string>

#include <mycelium/limits.h>

#include "benchmarks/own/codec_groups.h"
#include "benchmarks/own/fabric_groups.h"
#include "benchmarks/own/relay_groups.h"
#include "benchmarks/own/resource_groups.h"
#include "benchmarks/own/rows.h"
#include "benchmarks/own/shm_groups.h"
#include "benchmarks/own/suite.h"
#include "benchmarks/raw/baselines.h"

namespace mycelium::bench {
namespace {

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
        if (scheme == "unix" && size.bytes > limits::copied_loan_bytes_max)
            groups.back().owns.push_back({row("loan", scheme, size), [scheme](const Plan& plan) {
                                              return own_loan_round_trip(scheme, plan);
                                          }});
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

/// Nothing of a message moves: streams are counted in messages, however large.
void add_threads(std::vector<Group>& groups) {
    const std::string scheme = "inproc";
    const Size sizes[] = {small, large_sizes[0], large_sizes[1]};
    for (const Size& size : sizes) {
        groups.push_back({Unit::round_trip,
                          size.bytes,
                          "mutex and condition",
                          raw_queue_round_trip,
                          {round_trip_over(scheme, size), call_over(scheme, size)}});
        groups.push_back({Unit::hand_overs,
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
        groups.push_back({Unit::hand_overs,
                          size.bytes,
                          "shared_ptr by a ring, spinning",
                          raw_pointer_stream,
                          {{row("pointer-stream", scheme, size), own_pointer_stream}}});
    }
}

}  // namespace

std::vector<Group> all_groups(const Programs& programs) {
    std::vector<Group> groups;
    add_shared_memory(groups);
    add_sockets(groups, "unix", SocketKind::unix_stream);
    add_sockets(groups, "tcp", SocketKind::tcp_loopback);
    add_threads(groups);
    add_fan_outs(groups);
    add_relays(groups);
    add_fabrics(groups, programs);
    add_codecs(groups);
    add_resources(groups);
    return groups;
}

}  // namespace mycelium::bench
