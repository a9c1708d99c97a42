#include "benchmarks/rivals/raw_rows.h"

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/block_pool.h"
#include "benchmarks/rivals/raw_pipe.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t ring_at_once = 16;

bool is_by_reference(Job job) { return job == Job::loan_round_trip || job == Job::loan_stream; }

std::size_t receivers_of(Job job) { return job == Job::fan_out ? receivers_max : 1; }

/// Who waits sleeps in the end, as all who are compared do. Messages of 64 B may be made in the
/// ring.
RawRows through_ring(Job job, const Size& size) {
    const RingManner manner{RingWait::spin_then_sleep,
                            !is_by_reference(job) && size.bytes > small.bytes};
    RawRows rows;
    rows.words = "ring in shared memory, spinning for 20 µs, then sleeping";
    rows.words += manner.copies ? ", copied in" : ", made in it";
    if (is_round_trip(job)) {
        rows.raw = [manner](const Plan& plan) { return raw_ring_round_trip(manner, plan); };
        return rows;
    }
    const auto stream = [receivers = receivers_of(job)](const RingManner& in_use) -> Measure {
        return [in_use, receivers](const Plan& plan) {
            return raw_ring_stream(in_use, plan, receivers);
        };
    };
    rows.raw = stream(manner);
    // The ring has only four slots for large messages.
    if (size.bytes < large_bytes) {
        RingManner gathered = manner;
        gathered.at_once = ring_at_once;
        rows.words += "; raw-gathered: told every " + std::to_string(ring_at_once);
        rows.others.push_back({"raw-gathered", stream(gathered)});
    }
    return rows;
}

RawRows through_socket(Job job, SocketKind kind) {
    const std::string sockets =
        kind == SocketKind::unix_stream ? "socketpair, blocking" : "TCP on loopback, blocking";
    const auto stream = [kind](bool gather) -> Measure {
        return [kind, gather](const Plan& plan) { return raw_stream(kind, plan, gather); };
    };
    if (is_round_trip(job))
        return {sockets, [kind](const Plan& plan) { return raw_round_trip(kind, plan); }, {}};
    if (job == Job::stream)
        return {sockets + ", a write for each; raw-gathered: 64 KiB in a write, buffers of 4 MiB",
                stream(false),
                {{"raw-gathered", stream(true)}}};
    return {"socketpairs, blocking, a write for each",
            [](const Plan& plan) { return raw_socket_fan_out(plan, receivers_max); },
            {}};
}

RawRows through_pipe(Job job) {
    if (is_round_trip(job)) return {"a pipe each way, blocking, bytes", raw_pipe_round_trip, {}};
    return {
        "pipe, blocking, bytes, a write for each; raw-gathered: 64 KiB in a write, a "
        "buffer of 1 MiB",
        [](const Plan& plan) { return raw_pipe_stream(plan, false); },
        {{"raw-gathered", [](const Plan& plan) { return raw_pipe_stream(plan, true); }}}};
}

RawRows within_process(Job job) {
    const std::string words =
        "deque, mutex and condition; raw-pointer: shared_ptr through a ring, spinning";
    if (is_round_trip(job))
        return {words, raw_queue_round_trip, {{"raw-pointer", raw_pointer_round_trip}}};
    return {words, raw_queue_stream, {{"raw-pointer", raw_pointer_stream}}};
}

}  // namespace

bool is_round_trip(Job job) noexcept {
    return job == Job::round_trip || job == Job::loan_round_trip || job == Job::record_round_trip;
}

RawRows raw_rows(Job job, Way way, const Size& size) {
    switch (way) {
        case Way::shm:
            return through_ring(job, size);
        case Way::unix_socket:
            return through_socket(job, SocketKind::unix_stream);
        case Way::tcp:
            return through_socket(job, SocketKind::tcp_loopback);
        case Way::pipe:
            return through_pipe(job);
        case Way::inproc:
            break;
    }
    return within_process(job);
}

}  // namespace mycelium::bench
