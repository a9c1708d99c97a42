// Larger and larger messages.
#include "benchmarks/own/pubsub.h"
#include "benchmarks/own/scaling_series.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t large_bytes_min = 1 << 20;

}  // namespace

ScalingMeasurement scaled_payload(std::string_view scheme, std::size_t bytes, bool is_lent,
                                  const Plan& plan) {
    // Two measurements: together as long as another point's. Of large messages pages are touched
    // the first time for a while.
    const Plan own{bytes, bytes < large_bytes_min ? plan.seconds / 2 : plan.seconds};
    const Measurement trips =
        is_lent ? own_loan_round_trip(scheme, own) : own_round_trip(scheme, own);
    const Measurement stream = is_lent ? own_loan_stream(scheme, own) : own_stream(scheme, own);
    ScalingMeasurement result;
    for (const Measurement* one : {&trips, &stream}) {
        result.lost += one->lost;
        result.wrong += one->wrong;
        if (!result.error.empty() && !one->error.empty()) result.error += "; ";
        result.error += one->error;
    }
    if (result.error.empty() && (trips.messages == 0 || stream.messages == 0))
        result.error = "nothing was counted";
    result.figures = {
        {"there_and_back", Scale::time, trips.p50_ns},
        {"p99", Scale::time, trips.p99_ns},
        {"rate", Scale::rate, stream.per_second},
        {"throughput", Scale::bytes_per_second, stream.per_second * static_cast<double>(bytes)},
        {"cpu", Scale::time, stream.cpu_ns_per_message},
    };
    return result;
}

}  // namespace mycelium::bench
