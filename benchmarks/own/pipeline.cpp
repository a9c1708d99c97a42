#include "benchmarks/own/pipeline.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <mycelium/bytes.h>

#include "benchmarks/raw/twins.h"
#include "host/os/kept_process.h"
#include "host/os/standard_io.h"

namespace mycelium::bench {
namespace {

constexpr double least_seconds = 2;  // its services meet in the first of them

std::string read_all(int fd) {
    const Bytes bytes = os::read_to_end(fd, 1 << 20).value();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The number behind this key of the summary.
double number(const std::string& summary, std::string_view key) {
    const auto at = summary.find("\"" + std::string{key} + "\":");
    if (at == std::string::npos) throw std::runtime_error("a summary without " + std::string{key});
    return std::strtod(summary.c_str() + at + key.size() + 3, nullptr);
}

}  // namespace

Measurement own_pipeline(const std::string& program, const std::string& mode, const Plan& plan) {
    const double seconds = std::ceil(std::max(plan.seconds, least_seconds));
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        os::Program job;
        job.words = {program, "--mode", mode,        "--speed",
                     "max",   "--json", "--seconds", std::to_string(static_cast<int>(seconds))};
        os::KeptProcess running = os::KeptProcess::start(job).value();
        const std::string summary = read_all(running.output());
        if (summary.empty()) throw std::runtime_error(read_all(running.errors()));
        if (summary.find("\"is_balanced\":true") == std::string::npos)
            throw std::runtime_error("the ledger does not balance");
        Side& side = arena.near;
        side.lost = static_cast<std::uint64_t>(number(summary, "losses"));
        side.counted = static_cast<std::uint64_t>(number(summary, "trades_per_second") * seconds);
        side.elapsed_ns = static_cast<std::uint64_t>(seconds * 1e9);
    };
    return run_twins(twins, 30 + 4 * seconds);
}

}  // namespace mycelium::bench
