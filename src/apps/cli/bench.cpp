#include "apps/cli/bench.h"

#include <cstdio>
#include <string>
#include <vector>

#ifdef MYCELIUM_HAS_BENCH
#include "benchmarks/own/floors.h"
#include "benchmarks/own/machine.h"
#include "benchmarks/own/programs.h"
#include "benchmarks/own/progress.h"
#include "benchmarks/own/scaling.h"
#include "benchmarks/own/suite.h"
#include "benchmarks/own/table.h"
#include "benchmarks/raw/twins.h"
#endif

namespace mycelium::cli {

#ifdef MYCELIUM_HAS_BENCH

namespace {

constexpr std::size_t usual_rounds = 5;
constexpr std::size_t scaling_rounds = 3;
constexpr double short_seconds = 0.1;
constexpr std::size_t short_rounds = 2;

void print_names(const std::vector<bench::Group>& groups) {
    for (const bench::Group& group : groups)
        for (const bench::Own& own : group.owns)
            std::printf("%s  (raw: %s)\n", own.row.c_str(), group.baseline.c_str());
}

bench::Report measure(const std::vector<bench::Group>& groups, std::size_t rounds, double seconds) {
    bench::Progress progress;
    const bench::ForeignLoad load;
    bench::Report report{bench::machine_description(), 0, {}, {}};
    report.rows = bench::run_groups(groups, rounds, seconds,
                                    [&](std::string_view name) { progress.show(name); });
    report.foreign_load = load.part();
    report.floors = bench::floors_of(report.rows);
    return report;
}

template <class Row>
bool all_good(const std::vector<Row>& rows) {
    for (const Row& row : rows)
        if (!row.is_good()) return false;
    return true;
}

std::size_t rounds_of(const BenchOptions& options, std::size_t usual) {
    if (options.is_short) return short_rounds;
    return options.rounds == 0 ? usual : options.rounds;
}
double seconds_of(const BenchOptions& options) {
    return options.is_short ? short_seconds : options.seconds;
}

int no_such_row(const BenchOptions& options) {
    std::fprintf(stderr, "mycelium bench: no row is named like '%s'; --list names them all\n",
                 options.rows.c_str());
    return 2;
}

int end(const std::string& text, bool is_good) {
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0) return 1;
    if (bench::was_interrupted()) std::fputs("mycelium bench: interrupted\n", stderr);
    return is_good && !bench::was_interrupted() ? 0 : 1;
}

int measure_rows(const BenchOptions& options) {
    const auto groups =
        bench::groups_named(bench::all_groups(bench::programs_here()), options.rows);
    if (groups.empty()) return no_such_row(options);
    if (options.list) {
        print_names(groups);
        return 0;
    }
    const bench::Report report =
        measure(groups, rounds_of(options, usual_rounds), seconds_of(options));
    return end(options.json ? bench::json_of(report) : bench::table_of(report, options.wide),
               all_good(report.rows));
}

int measure_scaling(const BenchOptions& options) {
    const auto series = bench::series_named(bench::all_series(), options.rows);
    if (series.empty()) return no_such_row(options);
    if (options.list) {
        for (const bench::ScalingSeries& one : series)
            for (const bench::ScalingPoint& point : one.points)
                std::printf("%s\n", bench::name_of(one, point).c_str());
        return 0;
    }
    bench::Progress progress;
    const bench::ForeignLoad load;
    bench::ScalingReport report =
        bench::run_scaling(series, rounds_of(options, scaling_rounds), seconds_of(options),
                           [&](std::string_view name) { progress.show(name); });
    report.machine = bench::machine_description();
    report.foreign_load = load.part();
    return end(options.json ? bench::json_of(report) : bench::table_of(report),
               all_good(report.rows));
}

}  // namespace

int run_bench(const BenchOptions& options) {
    return options.scaling ? measure_scaling(options) : measure_rows(options);
}

#else

int run_bench(const BenchOptions&) {
    std::fputs(
        "mycelium bench: this build has no benchmarks; configure it with "
        "-DMYCELIUM_BENCHMARKS=ON\n",
        stderr);
    return 1;
}

#endif

}  // namespace mycelium::cli
