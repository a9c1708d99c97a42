#include "benchmarks/own/scaling.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "benchmarks/own/suite.h"
#include "benchmarks/own/text.h"
#include "benchmarks/raw/processes.h"

namespace mycelium::bench {
namespace {

/// As many descriptors as this process, and its children, may have.
std::size_t raise_descriptors() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

ScalingMeasurement attempt(const ScalingPoint& point, const Plan& plan) {
    try {
        return point.measure(plan);
    } catch (const std::exception& error) {
        ScalingMeasurement failed;
        failed.error = error.what();
        return failed;
    }
}

struct Measured {
    const ScalingPoint* point;
    ScalingRow row;
};

double median_fairness(const ScalingRow& row) {
    std::vector<double> values;
    for (const ScalingMeasurement& round : row.rounds)
        for (const Figure& figure : round.figures)
            if (figure.scale == Scale::fairness) values.push_back(figure.value);
    return values.empty() ? 1 : spread_of(std::move(values)).median;
}

}  // namespace

std::string_view unit_of(Scale scale) noexcept {
    switch (scale) {
        case Scale::time:
            return "ns";
        case Scale::rate:
            return "messages/s";
        case Scale::bytes_per_second:
            return "bytes/s";
        case Scale::bytes:
            return "bytes";
        case Scale::count:
            return "";
        case Scale::fairness:
            return "Jain's index";
    }
    return "";
}

std::string name_of(const ScalingSeries& series, const ScalingPoint& point) {
    std::string name = series.name;
    print(name, "/%.0f", point.x);
    return name;
}

std::string ScalingRow::name() const {
    std::string name = series;
    print(name, "/%.0f", x);
    return name;
}

bool ScalingRow::is_good() const noexcept {
    return !rounds.empty() &&
           std::all_of(rounds.begin(), rounds.end(), [](const auto& one) { return one.is_good(); });
}

double jain_index(std::span<const double> shares) noexcept {
    double sum = 0;
    double squares = 0;
    for (const double share : shares) {
        sum += share;
        squares += share * share;
    }
    return squares > 0 ? sum * sum / (static_cast<double>(shares.size()) * squares) : 0;
}

std::vector<ScalingSeries> series_named(std::vector<ScalingSeries> series,
                                        std::string_view filter) {
    for (ScalingSeries& one : series)
        std::erase_if(one.points, [&](const ScalingPoint& point) {
            return !has_word_of(name_of(one, point), filter);
        });
    std::erase_if(series, [](const ScalingSeries& one) { return one.points.empty(); });
    return series;
}

ScalingReport run_scaling(const std::vector<ScalingSeries>& series, std::size_t rounds,
                          double seconds, const std::function<void(std::string_view)>& progress) {
    const std::size_t descriptors = raise_descriptors();
    Plan plan;
    plan.seconds = seconds;
    ScalingReport report;
    std::vector<Measured> all;
    for (const ScalingSeries& one : series) {
        for (const ScalingPoint& point : one.points) {
            if (point.descriptors > descriptors)
                report.left_out.push_back(name_of(one, point));
            else
                all.push_back({&point, {one.name, one.x_unit, one.note, point.x, {}}});
        }
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        for (Measured& measured : all) {
            if (was_interrupted()) break;
            progress(measured.row.name());
            auto result = attempt(*measured.point, plan);
            // What a signal cut short is no measurement.
            if (!was_interrupted()) measured.row.rounds.push_back(std::move(result));
        }
    }
    for (Measured& measured : all)
        if (!was_interrupted() || !measured.row.rounds.empty())
            report.rows.push_back(std::move(measured.row));
    return report;
}

std::vector<std::string> unfair_points(const ScalingReport& report) {
    std::vector<std::string> names;
    for (const ScalingRow& row : report.rows)
        if (median_fairness(row) < fairness_min) names.push_back(row.name());
    return names;
}

}  // namespace mycelium::bench
