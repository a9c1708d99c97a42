#include "benchmarks/own/scaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include <mycelium/mycelium.h>

#include "benchmarks/own/scaling_board.h"
#include "benchmarks/own/scaling_memory.h"
#include "benchmarks/own/scaling_series.h"

namespace {

// What a reader of the JSON finds in it.
struct ReadSpread {
    double median = 0;
    double min = 0;
    double max = 0;
};
MYCELIUM_FIELDS(ReadSpread, (1, median), (2, min), (3, max));
struct ReadFigure {
    std::string name;
    std::string unit;
    ReadSpread value;
};
MYCELIUM_FIELDS(ReadFigure, (1, name), (2, unit), (3, value));
struct ReadPoint {
    double x = 0;
    std::uint64_t rounds = 0;
    std::vector<ReadFigure> figures;
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::vector<std::string> errors;
};
MYCELIUM_FIELDS(ReadPoint, (1, x), (2, rounds), (3, figures), (4, lost), (5, wrong), (6, errors));
struct ReadSeries {
    std::string series;
    std::string x_unit;
    std::string note;
    std::vector<ReadPoint> points;
};
MYCELIUM_FIELDS(ReadSeries, (1, series), (2, x_unit), (3, note), (4, points));
struct ReadReport {
    std::string machine;
    double foreign_load = 0;
    std::vector<ReadSeries> series;
    std::vector<std::string> left_out;
    std::vector<std::string> unfair;
};
MYCELIUM_FIELDS(ReadReport, (1, machine), (2, foreign_load), (3, series), (4, left_out),
                (5, unfair));

}  // namespace

namespace mycelium::bench {
namespace {

const Plan brief{64, 0.02};

double figure_named(const ScalingMeasurement& measured, std::string_view name) {
    for (const Figure& figure : measured.figures)
        if (figure.name == name) return figure.value;
    ADD_FAILURE() << "there is no figure " << name;
    return 0;
}

void expect_good(const ScalingMeasurement& measured) {
    EXPECT_EQ(measured.error, "");
    EXPECT_EQ(measured.lost, 0u);
    EXPECT_EQ(measured.wrong, 0u);
    EXPECT_FALSE(measured.figures.empty());
}

/// A series of one point that always measures the same.
ScalingSeries series_of(std::string name, double x, ScalingMeasurement measurement) {
    return {std::move(name), "things", "a note", {{x, [=](const Plan&) { return measurement; }}}};
}

ReadReport read_back(const ScalingReport& report) {
    auto read = from_json<ReadReport>(json_of(report));
    if (!read) throw std::runtime_error(read.error().to_string());
    return *std::move(read);
}

TEST(Jain, is_one_of_equal_shares_and_one_nth_when_one_has_everything) {
    EXPECT_DOUBLE_EQ(jain_index(std::vector<double>{3, 3, 3, 3}), 1);
    EXPECT_DOUBLE_EQ(jain_index(std::vector<double>{5, 0, 0, 0}), 0.25);
    EXPECT_NEAR(jain_index(std::vector<double>{1, 2}), 0.9, 1e-9);
    EXPECT_EQ(jain_index({}), 0);
    EXPECT_EQ(jain_index(std::vector<double>{0, 0}), 0);
}

TEST(Crew, sixty_four_are_shared_evenly_by_eight_processes_and_three_by_three) {
    EXPECT_EQ(processes_of(3), 3u);
    EXPECT_EQ(processes_of(64), 8u);
    for (const std::size_t count : {1u, 3u, 8u, 9u, 64u}) {
        EXPECT_EQ(first_of(0, count), 0u);
        EXPECT_EQ(first_of(processes_of(count), count), count);
        for (std::size_t i = 0; i < processes_of(count); ++i)
            EXPECT_GE(first_of(i + 1, count) - first_of(i, count), count / processes_of(count));
    }
}

TEST(Crew, what_a_member_throws_is_the_error_although_another_one_waits_for_ever) {
    const auto measured =
        run_crew({[](Board& board, Member&) { board.await_window(); },
                  [](Board&, Member&) { throw std::runtime_error("no such socket"); }},
                 scaling_limit_seconds, 0, [](const Board&) { return std::vector<Figure>{}; });
    EXPECT_EQ(measured.error, "no such socket");
}

TEST(Crew, what_a_thread_of_a_member_throws_is_its_error) {
    const auto measured =
        run_crew({[](Board& board, Member& self) {
                     run_on_threads(self, 2, [&](std::size_t index) {
                         if (index == 1) throw std::runtime_error("no such port");
                         board.await_window();
                     });
                 }},
                 scaling_limit_seconds, 0, [](const Board&) { return std::vector<Figure>{}; });
    EXPECT_EQ(measured.error, "no such port");
}

TEST(Intake, missing_numbers_are_lost_and_repeated_ones_wrong_each_on_its_lane) {
    auto board = std::make_unique<Board>();
    board->open_window({64, 0});
    Intake intake{*board, std::span{board->lanes}.first(2)};
    const auto good = [](std::uint64_t number, bool is_last = false) {
        return Arrival{number, Arrival::Kind::good, is_last};
    };
    for (const std::uint64_t number : {1u, 4u, 4u}) intake.take(0, good(number));
    intake.take(1, good(1, true));
    EXPECT_FALSE(intake.is_done());
    intake.take(0, good(6, true));
    EXPECT_TRUE(intake.is_done());
    intake.finish();
    EXPECT_EQ(board->lanes[0].lost, 3u);
    EXPECT_EQ(board->lanes[0].wrong, 1u);
    EXPECT_EQ(board->lanes[1].lost + board->lanes[1].wrong, 0u);
}

TEST(Intake, only_what_comes_within_the_window_is_counted) {
    auto board = std::make_unique<Board>();
    Intake intake{*board, std::span{board->lanes}.first(1)};
    const auto come = [&](std::uint64_t number, bool is_last = false) {
        intake.look_at_clock();
        intake.take(0, {number, Arrival::Kind::good, is_last});
    };
    come(1);
    board->window_end_ns = UINT64_MAX;
    board->window_begin_ns = 1;
    for (const std::uint64_t number : {2u, 3u, 4u}) come(number);
    board->window_end_ns = 1;
    come(5);
    come(6, true);
    intake.finish();
    EXPECT_EQ(board->lanes[0].counted, 3u);
    EXPECT_EQ(board->lanes[0].received, 6u);
}

TEST(Occupancy, is_read_from_lines_of_kilobytes) {
    constexpr std::string_view lines = "Rss: 9 kB\nPss:      12 kB\nPss_Dirty: 3 kB\n";
    EXPECT_EQ(bytes_in(lines, "Pss"), 12 * 1024);
    EXPECT_EQ(bytes_in(lines, "Pss_Dirty"), 3 * 1024);
    EXPECT_EQ(bytes_in(lines, "Private_Dirty"), -1);
}

TEST(Occupancy, grows_with_what_is_touched_and_opened) {
    const Occupancy before = occupancy_here();
    const std::vector<char> touched(64 << 20, 'x');
    const auto opened = std::tmpfile();
    const Occupancy now = occupancy_here();
    std::fclose(opened);
    EXPECT_GT(now.pss_bytes - before.pss_bytes, 32 << 20);
    EXPECT_EQ(now.descriptors - before.descriptors, 1);
}

TEST(Scaling, subscribers_get_everything_also_when_several_share_a_process) {
    for (const char* scheme : {"shm", "unix"})
        for (const std::size_t count : {2u, 10u}) {
            SCOPED_TRACE(scheme);
            const auto measured = scaled_fan_out(scheme, count, brief);
            expect_good(measured);
            EXPECT_GT(figure_named(measured, "cpu"), 0);
        }
}

TEST(Scaling, a_relay_loses_nothing_of_several_publishers) {
    for (const char* scheme : {"shm", "unix"})
        for (const std::size_t count : {2u, 10u}) {
            SCOPED_TRACE(scheme);
            expect_good(scaled_fan_in(scheme, count, brief));
        }
}

TEST(Scaling, links_are_looked_at_when_idle_and_lose_nothing_when_busy) {
    for (const char* scheme : {"shm", "unix", "tcp"}) {
        SCOPED_TRACE(scheme);
        const auto measured = scaled_links(scheme, 5, brief);
        expect_good(measured);
        EXPECT_GT(figure_named(measured, "linking"), 0);
        EXPECT_GT(figure_named(measured, "memory_each"), 0);
        EXPECT_GE(figure_named(measured, "descriptors_each"), 2);
    }
}

TEST(Scaling, ports_are_opened_and_closed) {
    for (const char* scheme : {"shm", "unix", "tcp"}) {
        SCOPED_TRACE(scheme);
        const auto measured = scaled_ports(scheme, 5);
        expect_good(measured);
        EXPECT_GT(figure_named(measured, "opening_each"), 0);
        EXPECT_GE(figure_named(measured, "descriptors_each"), 1);
    }
}

TEST(Scaling, payloads_of_the_least_and_the_greatest_size_arrive_whole) {
    expect_good(scaled_payload("shm", 16, false, brief));
    for (const char* scheme : {"shm", "unix", "tcp"}) {
        SCOPED_TRACE(scheme);
        expect_good(scaled_payload(scheme, 64 << 20, true, brief));
    }
}

TEST(Scaling, a_transport_that_there_is_not_is_an_error_and_no_hang) {
    EXPECT_NE(scaled_fan_out("nowhere", 10, brief).error, "");
    EXPECT_NE(scaled_fan_in("nowhere", 10, brief).error, "");
    EXPECT_NE(scaled_links("nowhere", 10, brief).error, "");
    EXPECT_NE(scaled_ports("nowhere", 10).error, "");
    EXPECT_NE(scaled_payload("nowhere", 64, true, brief).error, "");
}

TEST(Scaling, no_two_points_have_the_same_name_and_a_filter_keeps_those_with_its_words) {
    std::set<std::string> names;
    for (const ScalingSeries& series : all_series())
        for (const ScalingPoint& point : series.points)
            EXPECT_TRUE(names.insert(name_of(series, point)).second) << name_of(series, point);
    for (const char* name : {"subscribers/shm/64", "publishers/unix/1", "links/tcp/1000",
                             "ports/shm/1000", "payload/unix/loan/67108864", "payload/tcp/copy/16"})
        EXPECT_EQ(names.count(name), 1u) << name;
    const auto kept = series_named(all_series(), "ports/unix,links");
    EXPECT_EQ(kept.size(), 4u);
    EXPECT_TRUE(series_named(all_series(), "no such point").empty());
}

TEST(ScalingReports, have_the_median_and_the_spread_of_every_figure_in_json) {
    double rate = 1;
    ScalingSeries series{
        "s/shm",
        "things",
        "say \"what\"",
        {{8, [&](const Plan&) {
              ScalingMeasurement one;
              one.figures = {{"rate", Scale::rate, rate}, {"share", Scale::fairness, 1}};
              rate *= 10;
              return one;
          }}}};
    ScalingReport report = run_scaling({series}, 3, 0.01, [](std::string_view) {});
    report.machine = "a machine";
    const ReadReport read = read_back(report);
    EXPECT_EQ(read.machine, "a machine");
    ASSERT_EQ(read.series.size(), 1u);
    EXPECT_EQ(read.series[0].series, "s/shm");
    EXPECT_EQ(read.series[0].x_unit, "things");
    EXPECT_EQ(read.series[0].note, "say \"what\"");
    ASSERT_EQ(read.series[0].points.size(), 1u);
    const ReadPoint& point = read.series[0].points[0];
    EXPECT_EQ(point.x, 8);
    EXPECT_EQ(point.rounds, 3u);
    ASSERT_EQ(point.figures.size(), 2u);
    EXPECT_EQ(point.figures[0].name, "rate");
    EXPECT_EQ(point.figures[0].unit, "messages/s");
    EXPECT_EQ(point.figures[0].value.median, 10);
    EXPECT_EQ(point.figures[0].value.min, 1);
    EXPECT_EQ(point.figures[0].value.max, 100);
    EXPECT_EQ(point.figures[1].unit, "Jain's index");
    EXPECT_TRUE(read.left_out.empty() && read.unfair.empty());
}

TEST(ScalingReports, of_a_point_of_each_kind_can_be_read) {
    std::vector<ScalingSeries> chosen;
    for (ScalingSeries& series : all_series()) {
        // The smallest of each kind: larger ones have tests of their own.
        series.points.resize(1);
        const std::string kind = series.name.substr(0, series.name.find('/'));
        const bool is_new = std::none_of(chosen.begin(), chosen.end(), [&](const auto& one) {
            return one.name.starts_with(kind + "/");
        });
        if (is_new) chosen.push_back(std::move(series));
    }
    const ReadReport read = read_back(run_scaling(chosen, 1, 0.02, [](std::string_view) {}));
    ASSERT_EQ(read.series.size(), 5u);
    for (const ReadSeries& series : read.series) {
        SCOPED_TRACE(series.series);
        ASSERT_EQ(series.points.size(), 1u);
        const ReadPoint& point = series.points[0];
        EXPECT_TRUE(point.errors.empty() && point.lost == 0 && point.wrong == 0);
        EXPECT_FALSE(point.figures.empty());
        for (const ReadFigure& figure : point.figures)
            EXPECT_LE(figure.value.min, figure.value.max) << figure.name;
    }
}

TEST(ScalingReports, name_what_is_unfair_lost_or_left_out) {
    ScalingMeasurement unfair;
    unfair.figures = {{"fairness", Scale::fairness, 0.9}};
    ScalingMeasurement lossy;
    lossy.figures = {{"rate", Scale::rate, 1}};
    lossy.lost = 3;
    ScalingSeries greedy = series_of("greedy", 1, unfair);
    greedy.points[0].descriptors = SIZE_MAX;
    const auto report =
        run_scaling({series_of("unfair", 4, unfair), series_of("lossy", 2, lossy), greedy}, 1, 0.01,
                    [](std::string_view) {});
    const ReadReport read = read_back(report);
    EXPECT_EQ(read.unfair, std::vector<std::string>{"unfair/4"});
    EXPECT_EQ(read.left_out, std::vector<std::string>{"greedy/1"});
    ASSERT_EQ(read.series.size(), 2u);
    EXPECT_EQ(read.series[1].points[0].lost, 3u);
    const std::string table = table_of(report);
    EXPECT_NE(table.find("missed by unfair/4"), std::string::npos);
    EXPECT_NE(table.find("FAULT lossy/2, round 1: 3 lost"), std::string::npos);
    EXPECT_NE(table.find("too few descriptors: greedy/1"), std::string::npos);
    EXPECT_TRUE(report.rows[0].is_good());
    EXPECT_FALSE(report.rows[1].is_good());
}

}  // namespace
}  // namespace mycelium::bench
