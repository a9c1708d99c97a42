// Scaling: how figures change as there are more subscribers, publishers, links, ports, or larger
// messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// What a number is: how it is written, and its unit in JSON.
enum class Scale {
    time,  ///< nanoseconds
    rate,  ///< messages per second
    bytes_per_second,
    bytes,
    count,
    fairness,  ///< Jain's index, 1/n to 1
};
/// "ns", "messages/s", "bytes/s", "bytes", "", "Jain's index".
std::string_view unit_of(Scale scale) noexcept;

/// One number that a point was measured by.
struct Figure {
    std::string name;
    Scale scale = Scale::count;
    double value = 0;
};

/// One measurement of one point. With `error` set the figures are what it came to until then.
struct ScalingMeasurement {
    std::vector<Figure> figures;
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;  ///< a stamp that was not the expected one, or a repeated number
    std::string error;
    bool is_good() const noexcept {
        return error.empty() && lost == 0 && wrong == 0 && !figures.empty();
    }
};

struct ScalingPoint {
    double x = 0;
    std::function<ScalingMeasurement(const Plan&)> measure;
    /// That one of its processes needs; with fewer it is left out.
    std::size_t descriptors = 0;
};

/// A curve for each of its figures.
struct ScalingSeries {
    std::string name;    ///< "subscribers/shm"
    std::string x_unit;  ///< what x counts
    std::string note;    ///< what is to be known of it, in words
    std::vector<ScalingPoint> points;
};

/// One point, round by round.
struct ScalingRow {
    std::string series;
    std::string x_unit;
    std::string note;
    double x = 0;
    std::vector<ScalingMeasurement> rounds;

    std::string name() const;  ///< "subscribers/shm/8"
    bool is_good() const noexcept;
};

/// Everything that a run found out.
struct ScalingReport {
    std::string machine;
    double foreign_load = 0;
    std::vector<ScalingRow> rows;
    std::vector<std::string> left_out;  ///< points for which there are too few descriptors
};

/// How evenly things are shared (Jain, Chiu, Hawe: DEC-TR-301): 1 when all have the same, 1/n when
/// one has everything; 0 of nothing.
double jain_index(std::span<const double> shares) noexcept;
/// Below it, somebody comes off badly.
inline constexpr double fairness_min = 0.95;

/// Everything there is.
std::vector<ScalingSeries> all_series();
/// Only points whose names contain one of the words of `filter` (commas between them); empty: all.
std::vector<ScalingSeries> series_named(std::vector<ScalingSeries> series, std::string_view filter);
/// "subscribers/shm/8", "payload/tcp/copy/16777216".
std::string name_of(const ScalingSeries& series, const ScalingPoint& point);

/// Measures every point `rounds` times, with `progress` told its name before, and as many
/// descriptors as this process may have. Ends early when a signal asks for it, with only those
/// points that were measured. The report's machine and load are the caller's.
ScalingReport run_scaling(const std::vector<ScalingSeries>& series, std::size_t rounds,
                          double seconds, const std::function<void(std::string_view)>& progress);

/// The names of the points with a fairness of less than fairness_min in the middle round.
std::vector<std::string> unfair_points(const ScalingReport& report);

/// Lines of text: a table for each series, the medians of its figures.
std::string table_of(const ScalingReport& report);
/// One object on one line.
std::string json_of(const ScalingReport& report);

}  // namespace mycelium::bench
