// What is compared with what: the bare machine, Mycelium and the rivals at every job and way.
#include <span>
#include <utility>

#include "benchmarks/rivals/mycelium_rows.h"
#include "benchmarks/rivals/raw_rows.h"
#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {
namespace {

constexpr Size stream_sizes[] = {small, kilobyte, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}};
constexpr Size fan_out_sizes[] = {small, kilobyte};
constexpr Size loan_sizes[] = {{"64KiB", 64 << 10}, {"1MiB", 1 << 20}, {"10MiB", 10 << 20}};
constexpr Size record_sizes[] = {kilobyte};

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
        case Job::record_round_trip:
            return "record";
        case Job::record_stream:
            return "record-stream";
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
        case Job::record_round_trip:
        case Job::record_stream:
            return record_sizes;
    }
    return {};
}

/// Within a process messages are handed over, as loans are: nothing of them moves.
Unit unit_of(Job job, Way way) {
    if (is_round_trip(job)) return Unit::round_trip;
    return job == Job::loan_stream || way == Way::inproc ? Unit::hand_overs : Unit::rate;
}

std::vector<Own> rivals_at(Job job, Way way, const Size& size, const std::vector<Rival>& rivals) {
    std::vector<Own> rows;
    for (const Rival& rival : rivals)
        for (const Entry& entry : rival.entries)
            if (entry.job == job && entry.way == way && size.bytes <= entry.bytes_max)
                rows.push_back(
                    {rival.name + (entry.manner.empty() ? "" : "-" + entry.manner), entry.measure});
    return rows;
}

/// Without rows if no rival takes part.
Group contest(Job job, Way way, const Size& size, const std::vector<Rival>& rivals) {
    Group group{unit_of(job, way), size.bytes, {}, {}, {}};
    const std::vector<Own> of_rivals = rivals_at(job, way, size, rivals);
    if (of_rivals.empty()) return group;
    RawRows raw = raw_rows(job, way, size);
    group.baseline = std::move(raw.words);
    group.raw = std::move(raw.raw);
    for (const auto& rows : {raw.others, mycelium_rows(job, way, size.bytes), of_rivals})
        group.owns.insert(group.owns.end(), rows.begin(), rows.end());
    for (Own& own : group.owns) own.row = row(name_of(job), name_of(way), size) + "/" + own.row;
    return group;
}

}  // namespace

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
        case Way::pipe:
            return "pipe";
    }
    return "";
}

std::vector<Group> contests(const std::vector<Rival>& rivals) {
    std::vector<Group> groups;
    for (const Way way : {Way::shm, Way::unix_socket, Way::tcp, Way::inproc, Way::pipe})
        for (const Job job : {Job::round_trip, Job::loan_round_trip, Job::stream, Job::loan_stream,
                              Job::fan_out, Job::record_round_trip, Job::record_stream})
            for (const Size& size : sizes_of(job))
                if (Group group = contest(job, way, size, rivals); !group.owns.empty())
                    groups.push_back(std::move(group));
    return groups;
}

}  // namespace mycelium::bench
