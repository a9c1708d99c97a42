#include "benchmarks/own/shm_groups.h"

#include <string>

#include "benchmarks/own/rows.h"
#include "benchmarks/raw/baselines.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t ring_at_once = 16;
constexpr const char* scheme = "shm";

/// What a ring has to do with a message of the library's: small ones may be made in the ring,
/// larger ones are copied into it.
bool is_copied(const Size& size) { return size.bytes > small.bytes; }

std::string described(const RingManner& manner) {
    std::string text = "ring in shared memory, ";
    text += manner.wait == RingWait::spin    ? "spinning"
            : manner.wait == RingWait::sleep ? "sleeping at once"
                                             : "spinning for 20 µs, then sleeping";
    if (manner.copies) text += ", copied in";
    if (manner.at_once > 1) text += ", told every " + std::to_string(manner.at_once);
    return text;
}

Group ring_round_trip(const Size& size, const RingManner& manner, std::vector<Own> owns) {
    return {Unit::round_trip, size.bytes, described(manner),
            [manner](const Plan& plan) { return raw_ring_round_trip(manner, plan); },
            std::move(owns)};
}

Group ring_stream(Unit unit, const Size& size, const RingManner& manner, std::vector<Own> owns) {
    return {unit, size.bytes, described(manner),
            [manner](const Plan& plan) { return raw_ring_stream(manner, plan); }, std::move(owns)};
}

Group ring_fan_out(const Size& size, const RingManner& manner, Own own) {
    return {Unit::rate,
            size.bytes,
            described(manner),
            [manner](const Plan& plan) { return raw_ring_stream(manner, plan, receivers_max); },
            {std::move(own)}};
}

Own waiting_row(const char* what, Waiting waiting) {
    return {row(what, scheme, small),
            [waiting](const Plan& plan) { return own_round_trip(scheme, plan, waiting); }};
}

void add_round_trips(std::vector<Group>& groups) {
    for (const Size& size : round_trip_sizes) {
        std::vector<Own> owns{round_trip_over(scheme, size), call_over(scheme, size)};
        if (size.bytes == small.bytes) {
            owns.push_back(control_over(scheme));
            owns.push_back(waiting_row("spin", Waiting::spin));
        }
        groups.push_back(ring_round_trip(size, {RingWait::spin, is_copied(size)}, std::move(owns)));
    }
    groups.push_back(
        ring_round_trip(small, {RingWait::sleep}, {waiting_row("parked", Waiting::sleep)}));
}

void add_streams(std::vector<Group>& groups) {
    groups.push_back(ring_stream(Unit::rate, small, {}, {stream_over(scheme, small, "stream", 1)}));
    groups.push_back(ring_stream(Unit::rate, small, {RingWait::spin, false, ring_at_once},
                                 {stream_over(scheme, small, "stream-gathered", 1),
                                  stream_over(scheme, small, "stream-at-once-16", ring_at_once),
                                  stream_over(scheme, small, "stream-at-once", messages_at_once)}));
    for (const Size& size : {small, kilobyte})
        groups.push_back(
            ring_stream(Unit::rate, size, {RingWait::spin, true, ring_at_once},
                        {stream_over(scheme, size, "stream-copied", 1),
                         stream_over(scheme, size, "stream-at-once-copied", messages_at_once)}));
    for (const Size& size : {kilobyte, large_sizes[0], megabyte, large_sizes[1]})
        groups.push_back(ring_stream(Unit::rate, size, {RingWait::spin, true},
                                     {stream_over(scheme, size, "stream", 1)}));
}

void add_loans(std::vector<Group>& groups) {
    for (const Size& size : round_trip_sizes) {
        if (size.bytes < large_sizes[0].bytes) continue;
        groups.push_back(
            ring_round_trip(size, {}, {{row("loan", scheme, size), [](const Plan& plan) {
                                            return own_loan_round_trip(scheme, plan);
                                        }}}));
        groups.push_back(ring_stream(Unit::hand_overs, size, {},
                                     {{row("loan-stream", scheme, size), [](const Plan& plan) {
                                           return own_loan_stream(scheme, plan);
                                       }}}));
    }
}

}  // namespace

void add_shared_memory(std::vector<Group>& groups) {
    add_round_trips(groups);
    add_streams(groups);
    add_loans(groups);
}

void add_fan_outs(std::vector<Group>& groups) {
    for (const Size& size : {small, kilobyte}) {
        RingManner manner{RingWait::spin_then_sleep, is_copied(size)};
        groups.push_back(
            ring_fan_out(size, manner, stream_over(scheme, size, "fan-out", 1, receivers_max)));
        manner.at_once = ring_at_once;
        groups.push_back(ring_fan_out(
            size, manner,
            stream_over(scheme, size, "fan-out-at-once", ring_at_once, receivers_max)));
    }
    groups.push_back({Unit::rate,
                      small.bytes,
                      "socketpairs, blocking, a write for each",
                      [](const Plan& plan) { return raw_socket_fan_out(plan, receivers_max); },
                      {stream_over("unix", small, "fan-out", 1, receivers_max)}});
}

}  // namespace mycelium::bench
