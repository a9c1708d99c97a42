#include "benchmarks/rivals/mycelium_rows.h"

#include <string>

#include "benchmarks/own/rows.h"
#include "benchmarks/raw/block_pool.h"
#include "benchmarks/rivals/records.h"

namespace mycelium::bench {
namespace {

std::vector<Own> round_trips(const std::string& scheme) {
    std::vector<Own> rows{
        {"mycelium", [scheme](const Plan& plan) { return own_round_trip(scheme, plan); }},
        {"mycelium-call", [scheme](const Plan& plan) { return own_call(scheme, plan); }}};
    if (scheme == "inproc") rows.push_back({"mycelium-pointer", own_pointer_round_trip});
    return rows;
}

/// Large messages are not gathered: as many of them as are published at once would not be in the
/// cache any more.
std::vector<Own> streams(const std::string& scheme, std::size_t bytes, std::size_t receivers) {
    const auto published = [&scheme, receivers](std::size_t at_once) -> Measure {
        return [scheme, at_once, receivers](const Plan& plan) {
            return own_stream(scheme, plan, at_once, receivers);
        };
    };
    std::vector<Own> rows{{"mycelium", published(1)}};
    if (bytes < large_bytes) rows.push_back({"mycelium-at-once", published(messages_at_once)});
    if (scheme == "inproc") rows.push_back({"mycelium-pointer", own_pointer_stream});
    return rows;
}

}  // namespace

std::vector<Own> mycelium_rows(Job job, Way way, std::size_t bytes) {
    const std::string scheme = name_of(way);
    switch (job) {
        case Job::round_trip:
            return round_trips(scheme);
        case Job::loan_round_trip:
            return {{"mycelium",
                     [scheme](const Plan& plan) { return own_loan_round_trip(scheme, plan); }}};
        case Job::stream:
            return streams(scheme, bytes, 1);
        case Job::loan_stream:
            return {
                {"mycelium", [scheme](const Plan& plan) { return own_loan_stream(scheme, plan); }}};
        case Job::fan_out:
            return streams(scheme, bytes, receivers_max);
        case Job::record_round_trip:
            return {{"mycelium-shm",
                     [](const Plan& plan) { return own_record_round_trip("shm", plan); }},
                    {"mycelium-unix",
                     [](const Plan& plan) { return own_record_round_trip("unix", plan); }}};
        case Job::record_stream:
            return {
                {"mycelium-shm", [](const Plan& plan) { return own_record_stream("shm", plan); }},
                {"mycelium-unix",
                 [](const Plan& plan) { return own_record_stream("unix", plan); }}};
    }
    return {};
}

}  // namespace mycelium::bench
