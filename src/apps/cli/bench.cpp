#include "apps/cli/bench.h"

#include <cstdio>
#include <string>
#include <vector>

#ifdef MYCELIUM_HAS_BENCH
#include "benchmarks/own/floors.h"
#include "benchmarks/own/machine.h"
#include "benchmarks/own/programs.h"
#include "benchmarks/own/progress.h"
#include "benchmarks/own/suite.h"
#include "benchmarks/own/table.h"
#include "benchmarks/raw/twins.h"
#endif

namespace mycelium::cli {

#ifdef MYCELIUM_HAS_BENCH

namespace {

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

bool all_good(const std::vector<bench::Row>& rows) {
    for (const bench::Row& row : rows)
        if (!row.is_good()) return false;
    return true;
}

}  // namespace

int run_bench(const BenchOptions& options) {
    const auto groups =
        bench::groups_named(bench::all_groups(bench::programs_here()), options.rows);
    if (groups.empty()) {
        std::fprintf(stderr, "mycelium bench: no row is named like '%s'; --list names them all\n",
                     options.rows.c_str());
        return 2;
    }
    if (options.list) {
        print_names(groups);
        return 0;
    }
    const BenchOptions usual;
    const std::size_t rounds = options.is_short      ? short_rounds
                               : options.rounds == 0 ? usual.rounds
                                                     : options.rounds;
    const double seconds = options.is_short ? short_seconds : options.seconds;
    const bench::Report report = measure(groups, rounds, seconds);
    const std::string text =
        options.json ? bench::json_of(report) : bench::table_of(report, options.wide);
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0) return 1;
    if (bench::was_interrupted()) std::fputs("mycelium bench: interrupted\n", stderr);
    return all_good(report.rows) && !bench::was_interrupted() ? 0 : 1;
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
