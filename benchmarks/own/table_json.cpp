#include "benchmarks/own/table.h"
#include "benchmarks/own/text.h"

namespace mycelium::bench {
namespace {

const char* name_of(Unit unit) {
    switch (unit) {
        case Unit::round_trip:
            return "ns";
        case Unit::rate:
        case Unit::hand_overs:
            return "messages/s";
        case Unit::count:
            return "count";
        case Unit::memory:
            return "bytes";
    }
    return "";
}

/// One number for each round, 0 where it failed: for whoever compares two rows within each.
template <class Figure>
std::string json_of_rounds(const std::vector<Measurement>& measurements, Figure&& figure) {
    std::string out = "[";
    for (const Measurement& measured : measurements) {
        if (out.size() > 1) out += ',';
        print(out, "%.6g", measured.is_good() ? figure(measured) : 0.0);
    }
    return out + "]";
}

std::string json_of_measurements(const Row& row, const std::vector<Measurement>& measurements) {
    std::string out = "{\"figure\":" + json_of_spread(spread_of_figures(row.unit, measurements));
    print(out, ",\"p99_ns\":%.6g,\"p999_ns\":%.6g,\"cpu_ns_per_message\":%.6g",
          median_of(measurements, &Measurement::p99_ns),
          median_of(measurements, &Measurement::p999_ns),
          median_of(measurements, &Measurement::cpu_ns_per_message));
    out += ",\"rounds\":{\"figure\":" +
           json_of_rounds(measurements, [&](const auto& m) { return figure_of(row.unit, m); }) +
           ",\"p999_ns\":" + json_of_rounds(measurements, [](const auto& m) { return m.p999_ns; }) +
           ",\"cpu_ns_per_message\":" +
           json_of_rounds(measurements, [](const auto& m) { return m.cpu_ns_per_message; }) + "}";
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::string errors;
    for (const Measurement& measured : measurements) {
        lost += measured.lost;
        wrong += measured.wrong;
        if (measured.error.empty()) continue;
        if (!errors.empty()) errors += ',';
        errors += quoted(measured.error);
    }
    print(out, ",\"lost\":%llu,\"wrong\":%llu,\"errors\":[", static_cast<unsigned long long>(lost),
          static_cast<unsigned long long>(wrong));
    return out + errors + "]}";
}

}  // namespace

std::string json_of(const Report& report) {
    std::string out = "{\"machine\":" + quoted(report.machine);
    print(out, ",\"foreign_load\":%.3f,\"rows\":[", report.foreign_load);
    for (const Row& row : report.rows) {
        if (&row != report.rows.data()) out += ',';
        print(out,
              "{\"row\":%s,\"unit\":\"%s\",\"bytes\":%zu,\"moves\":%s,\"rounds\":%zu,"
              "\"baseline\":%s,\"own\":",
              quoted(row.name).c_str(), name_of(row.unit), row.bytes,
              row.unit == Unit::rate ? "true" : "false", row.own.size(),
              quoted(row.baseline).c_str());
        out += json_of_measurements(row, row.own) +
               ",\"raw\":" + json_of_measurements(row, row.raw) +
               ",\"cost\":" + json_of_spread(cost_of(row)) + "}";
    }
    out += "],\"floors\":[";
    for (const Floor& floor : report.floors) {
        if (&floor != report.floors.data()) out += ',';
        print(out,
              "{\"floor\":%s,\"row\":%s,\"unit\":\"%s\",\"limit\":%.6g,\"figure\":%.6g,\"met\":%s}",
              quoted(floor.name).c_str(), quoted(floor.row).c_str(),
              floor.is_time    ? "ns"
              : floor.is_bytes ? "bytes/s"
                               : "messages/s",
              floor.limit, floor.figure, floor.is_met() ? "true" : "false");
    }
    return out + "]}\n";
}

}  // namespace mycelium::bench
