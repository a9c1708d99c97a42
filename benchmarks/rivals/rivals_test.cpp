#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/rivals/daemon.h"
#include "benchmarks/rivals/raw_pipe.h"
#include "benchmarks/rivals/records.h"
#include "benchmarks/rivals/report.h"
#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {
namespace {

Measurement taking(double p50_ns) {
    Measurement measurement;
    measurement.p50_ns = p50_ns;
    measurement.messages = 1;
    return measurement;
}

Measure nothing() {
    return [](const Plan&) { return Measurement{}; };
}

std::vector<std::string> rows_of(Job job, Way way, std::size_t bytes) {
    std::vector<std::string> rows;
    for (const auto& group : contests({{"other", "1", "as it is", {{job, way, nothing()}}}}))
        if (group.bytes == bytes)
            for (const auto& own : group.owns) rows.push_back(own.row);
    return rows;
}

TEST(Contests, the_bare_machine_gathers_too_and_mycelium_stands_before_the_rivals) {
    EXPECT_THAT(rows_of(Job::stream, Way::tcp, 64),
                testing::ElementsAre("stream/tcp/64B/raw-gathered", "stream/tcp/64B/mycelium",
                                     "stream/tcp/64B/mycelium-at-once", "stream/tcp/64B/other"));
}

TEST(Contests, large_messages_are_published_one_by_one) {
    EXPECT_THAT(rows_of(Job::stream, Way::shm, 1 << 20),
                testing::ElementsAre("stream/shm/1MiB/mycelium", "stream/shm/1MiB/other"));
}

TEST(Contests, within_a_process_pointers_are_handed_over_as_well) {
    EXPECT_THAT(rows_of(Job::round_trip, Way::inproc, 64),
                testing::ElementsAre(
                    "round-trip/inproc/64B/raw-pointer", "round-trip/inproc/64B/mycelium",
                    "round-trip/inproc/64B/mycelium-call", "round-trip/inproc/64B/mycelium-pointer",
                    "round-trip/inproc/64B/other"));
}

TEST(Contests, records_go_through_shared_memory_and_through_a_socket_beside_the_pipe) {
    EXPECT_THAT(rows_of(Job::record_round_trip, Way::pipe, 1 << 10),
                testing::ElementsAre("record/pipe/1KiB/mycelium-shm",
                                     "record/pipe/1KiB/mycelium-unix", "record/pipe/1KiB/other"));
}

TEST(Records, a_pipe_and_mycelium_carry_them_there_and_back) {
    const Plan plan{1 << 10, 0.01};
    for (const Measurement& measured :
         {raw_pipe_round_trip(plan), raw_pipe_stream(plan, true),
          own_record_round_trip("shm", plan), own_record_round_trip("unix", plan),
          own_record_stream("unix", plan)})
        EXPECT_TRUE(measured.is_good()) << measured.error;
}

TEST(Contests, a_job_that_no_rival_does_is_left_out) { EXPECT_TRUE(contests({}).empty()); }

TEST(Contests, a_rival_is_left_out_above_its_largest_size) {
    const Entry entry{Job::stream, Way::tcp, nothing(), "few", 64};
    const auto groups = contests({{"other", "1", "as it is", {entry}}});
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].owns.back().row, "stream/tcp/64B/other-few");
}

TEST(RivalsReport, a_ratio_is_taken_within_its_round) {
    const Row ours{"c/mycelium", Unit::round_trip, 64, "raw", {}, {taking(10), taking(20)}};
    const Row theirs{"c/other", Unit::round_trip, 64, "raw", {}, {taking(30), taking(40)}};
    const Spread spread = times_mycelium(ours, theirs);
    EXPECT_DOUBLE_EQ(spread.least, 2);
    EXPECT_DOUBLE_EQ(spread.greatest, 3);
}

TEST(RivalsReport, the_gathering_machine_is_held_to_mycelium_that_stands_below_it) {
    Report report{"machine", 0, {}, {}};
    for (const auto& [name, p50_ns] : {std::pair{"c/raw-gathered", 10.0}, {"c/mycelium-shm", 40.0}})
        report.rows.push_back({name, Unit::round_trip, 64, "raw", {taking(5)}, {taking(p50_ns)}});
    const std::string table = rivals_table_of(report, {}, false);
    EXPECT_THAT(table, testing::ContainsRegex("raw-gathered +10 ns +0.25 .* 2.00"));
}

TEST(RivalsReport, a_large_ratio_stays_in_its_column) {
    Report report{"machine", 0, {}, {}};
    report.rows.push_back({"c/mycelium", Unit::round_trip, 64, "raw", {taking(1)}, {taking(1)}});
    report.rows.push_back({"c/other", Unit::round_trip, 64, "raw", {taking(1)}, {taking(1234.5)}});
    const std::string table = rivals_table_of(report, {}, false);
    EXPECT_THAT(table, testing::HasSubstr("1234 (1234 – 1234)      1234 (1234 – 1234)")) << table;
}

TEST(RivalsReport, a_lost_message_is_told) {
    Report report{"machine", 0, {}, {}};
    Measurement faulty = taking(10);
    faulty.lost = 7;
    report.rows.push_back({"c/other", Unit::round_trip, 64, "raw", {taking(1)}, {faulty}});
    const std::string table = rivals_table_of(report, {}, false);
    EXPECT_NE(table.find("FAULT c/other, round 1: 7 lost"), std::string::npos) << table;
}

TEST(Daemon, a_program_that_ends_before_it_is_ready_is_told_with_its_words) {
    try {
        const Daemon daemon("/bin/sh", {"sh", "-c", "echo no such luck; exit 3"},
                            [](const Daemon&) { return false; });
        FAIL() << "it was never ready";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string{error.what()}.find("no such luck"), std::string::npos);
    }
}

TEST(Daemon, its_processor_time_is_seen_from_outside) {
    const Daemon daemon("/bin/sh", {"sh", "-c", "while :; do :; done"},
                        [](const Daemon& started) { return started.cpu_ns() > 10'000'000; });
    EXPECT_GT(daemon.cpu_ns(), 10'000'000u);
}

TEST(Daemon, it_is_asked_to_end_before_it_is_killed) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    {
        const std::string script = "trap 'echo farewell >&" + std::to_string(ends[1]) +
                                   "; exit 0' TERM; echo ready; while :; do :; done";
        const Daemon daemon("/bin/sh", {"sh", "-c", script}, [](const Daemon& started) {
            return started.output().find("ready") != std::string::npos;
        });
    }
    ::close(ends[1]);
    char words[16] = {};
    EXPECT_GT(::read(ends[0], words, sizeof words), 0);
    ::close(ends[0]);
}

TEST(Programs, a_version_is_the_first_word_with_digits) {
    EXPECT_NE(version_of("/usr/bin/env"), "of unknown version");
    EXPECT_EQ(version_of(""), "of unknown version");
}

}  // namespace
}  // namespace mycelium::bench
