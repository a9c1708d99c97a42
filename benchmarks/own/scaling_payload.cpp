// Larger and larger messages.
#include "benchmarks/own/pubsub.h"
#include "benchmarks/own/scaling_series.h"

namespace mycelium::bench {

ScalingMeasurement scaled_payload(std::string_view scheme, std::size_t bytes, bool is_lent,
                                  const Plan& plan) {
    // Two measurements: together as long as another point's.
    const Plan half{bytes, plan.seconds / 2};
    const Measurement trips =
        is_lent ? own_loan_round_trip(scheme, half) : own_round_trip(scheme, half);
    const Measurement stream = is_lent ? own_loan_stream(scheme, half) : own_stream(scheme, half);
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
