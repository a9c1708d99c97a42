#include "benchmarks/own/floors.h"

#include <algorithm>

namespace mycelium::bench {
namespace {

enum class Kind { round_trip, one_way, beyond_raw, messages, bytes };

struct Demand {
    const char* name;
    const char* row;   ///< beginning of the row's name, before the transport
    const char* size;  ///< what follows the transport
    Kind kind;
    double limit;
};

constexpr Demand demands[] = {
    {"control message and its answer", "control/", "", Kind::round_trip, 0.1e6},
    {"1 KiB there", "round-trip/", "/1KiB", Kind::one_way, 0.2e6},
    {"1 MiB there", "round-trip/", "/1MiB", Kind::one_way, 1e6},
    {"10 MiB there", "round-trip/", "/10MiB", Kind::one_way, 5e6},
    {"small messages", "stream/", "/64B", Kind::messages, 100e3},
    {"large messages", "stream/", "/10MiB", Kind::bytes, 1e9},
};

double figure_for(Kind kind, const Row& row) {
    const double figure = spread_of_figures(row.unit, row.own).median;
    switch (kind) {
        case Kind::round_trip:
        case Kind::messages:
            return figure;
        case Kind::beyond_raw:
            return std::max(0.0, figure - spread_of_figures(row.unit, row.raw).median);
        case Kind::one_way:
            return figure / 2;
        case Kind::bytes:
            return figure * static_cast<double>(row.bytes);
    }
    return 0;
}

void judge(const Demand& demand, const std::string& name, const std::vector<Row>& rows,
           std::vector<Floor>& floors) {
    for (const Row& row : rows) {
        if (row.name != name) continue;
        const bool is_time = demand.kind != Kind::messages && demand.kind != Kind::bytes;
        const double figure = figure_for(demand.kind, row);
        // Nothing was measured: the row itself says why.
        const bool is_measured = demand.kind == Kind::beyond_raw
                                     ? spread_of_figures(row.unit, row.own).median > 0 &&
                                           spread_of_figures(row.unit, row.raw).median > 0
                                     : figure > 0;
        if (is_measured)
            floors.push_back(
                {demand.name, name, is_time, demand.limit, figure, demand.kind == Kind::bytes});
    }
}

}  // namespace

std::vector<Floor> floors_of(const std::vector<Row>& rows) {
    std::vector<Floor> floors;
    for (const char* scheme : {"shm", "unix", "tcp", "inproc"})
        for (const Demand& demand : demands)
            judge(demand, std::string{demand.row} + scheme + demand.size, rows, floors);
    judge({"a death seen", "", "", Kind::round_trip, 20e6}, "supervised/death", rows, floors);
    judge({"restart beyond its own start", "", "", Kind::beyond_raw, 50e6}, "supervised/restart",
          rows, floors);
    judge({"trades encoded and decoded", "", "", Kind::messages, 1e6}, "trade-tlv", rows, floors);
    return floors;
}

}  // namespace mycelium::bench
