#include "benchmarks/own/resource_groups.h"

#include <string>

#include "benchmarks/own/copies.h"
#include "benchmarks/own/idle.h"
#include "benchmarks/own/rows.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/syscalls.h"

namespace mycelium::bench {
namespace {

/// How many system calls both sides of this round trip make for each.
Measure syscalls_of(Measure round_trip) {
    return [round_trip = std::move(round_trip)](const Plan& plan) {
        const CountingSyscalls counting;
        Measurement measured = round_trip(plan);
        measured.amount = 2 * measured.syscalls_per_message;
        return measured;
    };
}

void add_syscalls(std::vector<Group>& groups, const std::string& scheme, SocketKind kind) {
    groups.push_back({Unit::count,
                      small.bytes,
                      scheme == "unix" ? "socketpair, blocking" : "TCP on loopback, blocking",
                      syscalls_of([kind](const Plan& plan) { return raw_round_trip(kind, plan); }),
                      {{row("syscalls", scheme, small), syscalls_of([scheme](const Plan& plan) {
                            return own_round_trip(scheme, plan);
                        })}}});
}

void add_idle(std::vector<Group>& groups, const std::string& scheme) {
    const auto add = [&](Unit unit, const char* what, Idle idle) {
        groups.push_back(
            {unit, 0, "", {}, {{std::string{"idle-"} + what + "/" + scheme, [=](const Plan& plan) {
                                    return own_idle(scheme, plan, idle);
                                }}}});
    };
    add(Unit::count, "wake-ups", Idle::wake_ups);
    add(Unit::memory, "publisher", Idle::publisher_memory);
    add(Unit::memory, "subscriber", Idle::subscriber_memory);
}

void add_copies(std::vector<Group>& groups, const std::string& scheme) {
    for (const Size& size : {Size{"64KiB", 64 << 10}, Size{"1MiB", 1 << 20}}) {
        const auto copied = [&](const char* what, Copied memory) {
            return Own{row(what, scheme, size),
                       [=](const Plan& plan) { return own_copies(scheme, plan, memory); }};
        };
        groups.push_back(
            {Unit::count,
             size.bytes,
             "",
             {},
             {copied("copies", Copied::published), copied("copies-lent", Copied::lent)}});
    }
}

}  // namespace

void add_resources(std::vector<Group>& groups) {
    if (syscalls_can_be_counted()) {
        add_syscalls(groups, "unix", SocketKind::unix_stream);
        add_syscalls(groups, "tcp", SocketKind::tcp_loopback);
    }
    for (const char* scheme : {"shm", "unix", "tcp"}) add_idle(groups, scheme);
    if (copies_are_counted())
        for (const char* scheme : {"shm", "unix"}) add_copies(groups, scheme);
}

}  // namespace mycelium::bench
