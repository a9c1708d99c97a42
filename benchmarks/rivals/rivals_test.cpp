#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include <gtest/gtest.h>

#include "benchmarks/rivals/daemon.h"
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

TEST(Contests, mycelium_stands_first_wherever_a_rival_is_measured) {
    const auto groups =
        contests({{"other", "1", "as it is", {{Job::stream, Way::tcp, nothing()}}}});
    ASSERT_EQ(groups.size(), 4u);
    EXPECT_EQ(groups[0].owns.front().row, "stream/tcp/64B/mycelium");
    EXPECT_EQ(groups[0].owns.back().row, "stream/tcp/64B/other");
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
