// mycelium-rivals: what the same messages cost with other systems, beside Mycelium and the bare
// machine, in the same rounds.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "benchmarks/own/machine.h"
#include "benchmarks/own/progress.h"
#include "benchmarks/raw/twins.h"
#include "benchmarks/rivals/report.h"

namespace {

using namespace mycelium;

constexpr const char* help =
    "usage: mycelium-rivals [options]\n"
    "  --rounds N        raw, Mycelium and the rivals in turn, so many times (5)\n"
    "  --seconds S       of one measurement (0.3)\n"
    "  --rows WORD,WORD  only rows whose name contains one of these words\n"
    "  --short           one round of 0.05 s, no message over 1 MiB: in less than a minute\n"
    "  --json            one JSON object instead of the table\n"
    "  --wide            the spreads too\n"
    "  --list            only the names of the rows\n"
    "Exit 1 if a message was lost or wrong or a measurement failed, 2 if the options make no "
    "sense.\n";

struct Options {
    std::size_t rounds = 5;
    double seconds = 0.3;
    std::string rows;
    bool is_short = false;
    bool json = false;
    bool wide = false;
    bool list = false;
};

constexpr std::size_t rounds_max = 1000;
constexpr double seconds_min = 0.01;
constexpr double seconds_max = 600;
constexpr std::size_t short_bytes_max = 1 << 20;

/// Nothing: they make no sense.
std::optional<Options> options_of(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const char* value = i + 1 < count ? words[i + 1] : nullptr;
        char* end = nullptr;
        if (word == "--short") {
            options.is_short = true;
            options.rounds = 1;
            options.seconds = 0.05;
        } else if (word == "--json") {
            options.json = true;
        } else if (word == "--wide") {
            options.wide = true;
        } else if (word == "--list") {
            options.list = true;
        } else if (!value) {
            return {};
        } else if (word == "--rows") {
            options.rows = value;
            ++i;
        } else if (word == "--rounds") {
            options.rounds = std::strtoul(value, &end, 10);
            if (*end != '\0' || options.rounds < 1 || options.rounds > rounds_max) return {};
            ++i;
        } else if (word == "--seconds") {
            options.seconds = std::strtod(value, &end);
            if (*end != '\0' || !(options.seconds >= seconds_min && options.seconds <= seconds_max))
                return {};
            ++i;
        } else {
            return {};
        }
    }
    return options;
}

int measure(const Options& options, const std::vector<bench::Group>& groups,
            const std::vector<bench::Rival>& rivals) {
    bench::Report report{bench::machine_description(), 0, {}, {}};
    {
        bench::Progress progress;
        const bench::ForeignLoad load;
        report.rows = bench::run_groups(groups, options.rounds, options.seconds,
                                        [&](std::string_view name) { progress.show(name); });
        report.foreign_load = load.part();
    }
    const std::string text = options.json ? bench::rivals_json_of(report, rivals)
                                          : bench::rivals_table_of(report, rivals, options.wide);
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0 || bench::was_interrupted()) return 1;
    for (const bench::Row& row : report.rows)
        if (!row.is_good()) return 1;
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count == 2 && std::strcmp(words[1], "--help") == 0) {
        std::fputs(help, stdout);
        return 0;
    }
    const auto options = options_of(count, words);
    if (!options) {
        std::fputs(help, stderr);
        return 2;
    }
    const auto rivals = bench::all_rivals();
    auto groups = bench::groups_named(bench::contests(rivals), options->rows);
    if (options->is_short)
        std::erase_if(groups, [](const auto& group) { return group.bytes > short_bytes_max; });
    if (groups.empty()) {
        std::fprintf(stderr, "mycelium-rivals: no row is named like '%s'; --list names them all\n",
                     options->rows.c_str());
        return 2;
    }
    if (!options->list) return measure(*options, groups, rivals);
    for (const auto& group : groups)
        for (const auto& own : group.owns)
            std::printf("%s  (raw: %s)\n", own.row.c_str(), group.baseline.c_str());
    return 0;
}
