// What is compared with what: the raw row and Mycelium's of every job and way.
#include <span>
#include <utility>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {
namespace {

constexpr Size stream_sizes[] = {small, kilobyte, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}};
constexpr Size fan_out_sizes[] = {small, kilobyte};
constexpr Size loan_sizes[] = {{"64KiB", 64 << 10}, {"1MiB", 1 << 20}, {"10MiB", 10 << 20}};

const char* name_of(Job job) {
    switch (job) {
        case Job::round_trip:
            return "round-trip";
        case Job::loan_round_trip:
            return "loan";
        case Job::stream:
            return "stream";
        case Job::loan_stream:
            return "loan-stream";
        case Job::fan_out:
            return "fan-out";
    }
    return "";
}

const char* name_of(Way way) {
    switch (way) {
        case Way::shm:
            return "shm";
        case Way::unix_socket:
            return "unix";
        case Way::tcp:
            return "tcp";
        case Way::inproc:
            return "inproc";
    }
    return "";
}

std::span<const Size> sizes_of(Job job) {
    switch (job) {
        case Job::round_trip:
            return round_trip_sizes;
        case Job::stream:
            return stream_sizes;
        case Job::fan_out:
            return fan_out_sizes;
        case Job::loan_round_trip:
        case Job::loan_stream:
            return loan_sizes;
    }
    return {};
}

bool is_round_trip(Job job) { return job == Job::round_trip || job == Job::loan_round_trip; }

/// Within a process messages are handed over, as loans are: nothing of them moves.
Unit unit_of(Job job, Way way) {
    if (is_round_trip(job)) return Unit::round_trip;
    return job == Job::loan_stream || way == Way::inproc ? Unit::hand_overs : Unit::rate;
}

/// The bare machine at this job. Who waits sleeps in the end, as all who are compared do.
Measure raw_through_ring(Job job, const Size& size, std::string& words) {
    const bool is_loan = job == Job::loan_round_trip || job == Job::loan_stream;
    const RingManner manner{RingWait::spin_then_sleep, !is_loan && size.bytes > small.bytes};
    words = "ring in shared memory, spinning for 20 µs, then sleeping";
    if (manner.copies) words += ", copied in";
    if (is_round_trip(job))
        return [manner](const Plan& plan) { return raw_ring_round_trip(manner, plan); };
    const std::size_t receivers = job == Job::fan_out ? receivers_max : 1;
    return
        [manner, receivers](const Plan& plan) { return raw_ring_stream(manner, plan, receivers); };
}

Measure raw_through_socket(Job job, SocketKind kind, std::string& words) {
    words = kind == SocketKind::unix_stream ? "socketpair, blocking" : "TCP on loopback, blocking";
    if (is_round_trip(job)) return [kind](const Plan& plan) { return raw_round_trip(kind, plan); };
    words += ", a write for each";
    if (job == Job::stream)
        return [kind](const Plan& plan) { return raw_stream(kind, plan, false); };
    words = "socketpairs, blocking, a write for each";
    return [](const Plan& plan) { return raw_socket_fan_out(plan, receivers_max); };
}

Measure raw_of(Job job, Way way, const Size& size, std::string& words) {
    switch (way) {
        case Way::shm:
            return raw_through_ring(job, size, words);
        case Way::unix_socket:
            return raw_through_socket(job, SocketKind::unix_stream, words);
        case Way::tcp:
            return raw_through_socket(job, SocketKind::tcp_loopback, words);
        case Way::inproc:
            break;
    }
    words = "deque, mutex and condition";
    return is_round_trip(job) ? raw_queue_round_trip : raw_queue_stream;
}

std::vector<Own> mycelium_at(Job job, const std::string& scheme) {
    switch (job) {
        case Job::round_trip:
            return {
                {"mycelium", [scheme](const Plan& plan) { return own_round_trip(scheme, plan); }},
                {"mycelium-call", [scheme](const Plan& plan) { return own_call(scheme, plan); }}};
        case Job::loan_round_trip:
            return {{"mycelium",
                     [scheme](const Plan& plan) { return own_loan_round_trip(scheme, plan); }}};
        case Job::stream:
            return {{"mycelium", [scheme](const Plan& plan) { return own_stream(scheme, plan); }}};
        case Job::loan_stream:
            return {
                {"mycelium", [scheme](const Plan& plan) { return own_loan_stream(scheme, plan); }}};
        case Job::fan_out:
            return {{"mycelium", [scheme](const Plan& plan) {
                         return own_stream(scheme, plan, 1, receivers_max);
                     }}};
    }
    return {};
}

Group contest(Job job, Way way, const Size& size, const std::vector<Rival>& rivals) {
    Group group{unit_of(job, way), size.bytes, {}, {}, {}};
    for (const Rival& rival : rivals)
        for (const Entry& entry : rival.entries)
            if (entry.job == job && entry.way == way && size.bytes <= entry.bytes_max)
                group.owns.push_back(
                    {rival.name + (entry.manner.empty() ? "" : "-" + entry.manner), entry.measure});
    if (group.owns.empty()) return group;
    group.raw = raw_of(job, way, size, group.baseline);
    std::vector<Own> owns = mycelium_at(job, name_of(way));
    owns.insert(owns.end(), group.owns.begin(), group.owns.end());
    for (Own& own : owns) own.row = row(name_of(job), name_of(way), size) + "/" + own.row;
    group.owns = std::move(owns);
    return group;
}

}  // namespace

std::vector<Group> contests(const std::vector<Rival>& rivals) {
    std::vector<Group> groups;
    for (const Way way : {Way::shm, Way::unix_socket, Way::tcp, Way::inproc})
        for (const Job job :
             {Job::round_trip, Job::loan_round_trip, Job::stream, Job::loan_stream, Job::fan_out})
            for (const Size& size : sizes_of(job))
                if (Group group = contest(job, way, size, rivals); !group.owns.empty())
                    groups.push_back(std::move(group));
    return groups;
}

}  // namespace mycelium::bench
