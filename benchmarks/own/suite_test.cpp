#include "benchmarks/own/suite.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "benchmarks/own/floors.h"
#include "benchmarks/own/table.h"

namespace mycelium::bench {
namespace {

Measurement round_trip_of(double p50_ns) {
    Measurement measurement;
    measurement.p50_ns = p50_ns;
    measurement.messages = 100;
    return measurement;
}

Measurement rate_of(double per_second) {
    Measurement measurement;
    measurement.per_second = per_second;
    measurement.messages = 100;
    return measurement;
}

Row row_of(const char* name, Unit unit, std::size_t bytes, std::vector<Measurement> raw,
           std::vector<Measurement> own) {
    return {name, unit, bytes, "raw", std::move(raw), std::move(own)};
}

Report report_of(std::vector<Row> rows, double foreign_load = 0) {
    return {"a machine", foreign_load, std::move(rows), {}};
}

TEST(Cost, of_round_trips_is_taken_within_each_round) {
    // The machine was twice as slow in the second round, for both: the cost is the same.
    const Row row = row_of("r", Unit::round_trip, 64, {round_trip_of(10), round_trip_of(20)},
                           {round_trip_of(15), round_trip_of(30)});
    EXPECT_DOUBLE_EQ(cost_of(row).median, 1.5);
    EXPECT_DOUBLE_EQ(cost_of(row).least, 1.5);
    EXPECT_DOUBLE_EQ(cost_of(row).greatest, 1.5);
}

TEST(Cost, of_a_slower_stream_is_above_one) {
    const Row row = row_of("r", Unit::rate, 64, {rate_of(200)}, {rate_of(100)});
    EXPECT_DOUBLE_EQ(cost_of(row).median, 2);
}

TEST(Cost, a_failed_round_is_left_out) {
    const Row row = row_of("r", Unit::round_trip, 64, {round_trip_of(10), round_trip_of(10)},
                           {round_trip_of(0), round_trip_of(40)});
    EXPECT_DOUBLE_EQ(cost_of(row).median, 4);
}

TEST(Row, one_lost_message_in_one_round_is_a_fault) {
    Row row = row_of("r", Unit::rate, 64, {rate_of(1), rate_of(1)}, {rate_of(1), rate_of(1)});
    EXPECT_TRUE(row.is_good());
    row.own[1].lost = 1;
    EXPECT_FALSE(row.is_good());
    EXPECT_NE(table_of(report_of({row})).find("FAULT r, round 2: 1 lost"), std::string::npos);
}

TEST(Row, an_unmeasured_one_is_a_fault) {
    EXPECT_FALSE(row_of("r", Unit::rate, 64, {}, {}).is_good());
}

TEST(Groups, no_two_rows_have_the_same_name) {
    std::set<std::string> names;
    for (const Group& group : all_groups())
        for (const Own& own : group.owns) EXPECT_TRUE(names.insert(own.row).second) << own.row;
}

TEST(Groups, a_filter_keeps_the_rows_with_one_of_its_words) {
    std::size_t count = 0;
    for (const Group& group : groups_named(all_groups(), "call/unix,trade")) {
        for (const Own& own : group.owns) {
            ++count;
            EXPECT_TRUE(own.row.find("call/unix") == 0 || own.row.find("trade") == 0) << own.row;
        }
    }
    EXPECT_GT(count, 2u);
    EXPECT_TRUE(groups_named(all_groups(), "no such row").empty());
}

TEST(Groups, shared_memory_has_every_pattern_and_every_way_to_wait) {
    std::set<std::string> names;
    for (const Group& group : groups_named(all_groups(), "shm"))
        for (const Own& own : group.owns) names.insert(own.row);
    for (const char* name :
         {"round-trip/shm/10MiB", "call/shm/1KiB", "control/shm", "spin/shm/64B", "parked/shm/64B",
          "stream/shm/64B", "stream-at-once-16/shm/64B", "loan/shm/1MiB", "loan-stream/shm/64KiB",
          "fan-out/shm/1KiB", "fan-out-at-once/shm/64B"})
        EXPECT_EQ(names.count(name), 1u) << name;
}

TEST(Groups, loans_are_measured_where_they_pass_by_descriptor_too) {
    std::set<std::string> names;
    for (const Group& group : groups_named(all_groups(), "loan/unix"))
        for (const Own& own : group.owns) names.insert(own.row);
    EXPECT_EQ(names, (std::set<std::string>{"loan/unix/1MiB", "loan/unix/10MiB"}));
}

TEST(Rounds, each_of_a_group_begins_one_of_them) {
    std::string order;
    Group group{Unit::rate, 64, "raw", {}, {}};
    group.raw = [&](const Plan&) { return order += 'r', rate_of(1); };
    group.owns = {{"a", [&](const Plan&) { return order += 'a', rate_of(2); }},
                  {"b", [&](const Plan&) { return order += 'b', rate_of(3); }}};
    const auto rows = run_groups({group}, 4, 0.01, [](std::string_view) {});
    EXPECT_EQ(order, "rababrbrarab");
    ASSERT_EQ(rows.size(), 2u);
    ASSERT_EQ(rows[1].raw.size(), 4u);
    EXPECT_EQ(spread_of_figures(Unit::rate, rows[1].raw).greatest, 1);
    EXPECT_EQ(spread_of_figures(Unit::rate, rows[0].own).least, 2);
    EXPECT_EQ(spread_of_figures(Unit::rate, rows[1].own).least, 3);
}

TEST(Rounds, a_measurement_that_throws_is_a_fault_with_its_reason) {
    Group group{Unit::rate, 64, "raw", {}, {}};
    group.raw = [](const Plan&) -> Measurement { throw std::runtime_error("no descriptors"); };
    group.owns = {{"a", [](const Plan&) { return rate_of(1); }}};
    const auto rows = run_groups({group}, 1, 0.01, [](std::string_view) {});
    EXPECT_FALSE(rows[0].is_good());
    EXPECT_NE(table_of(report_of(rows)).find("no descriptors"), std::string::npos);
}

TEST(Floors, a_time_is_met_below_its_limit_and_missed_above) {
    const auto floors = floors_of({
        row_of("control/unix", Unit::round_trip, 64, {}, {round_trip_of(99'000)}),
        row_of("control/tcp", Unit::round_trip, 64, {}, {round_trip_of(101'000)}),
    });
    ASSERT_EQ(floors.size(), 2u);
    EXPECT_TRUE(floors[0].is_met());
    EXPECT_FALSE(floors[1].is_met());
}

TEST(Floors, a_transfer_is_half_of_there_and_back) {
    const auto floors = floors_of(
        {row_of("round-trip/unix/1MiB", Unit::round_trip, 1 << 20, {}, {round_trip_of(1.5e6)})});
    ASSERT_EQ(floors.size(), 1u);
    EXPECT_EQ(floors[0].figure, 0.75e6);
    EXPECT_TRUE(floors[0].is_met());
}

TEST(Floors, a_restart_is_judged_by_what_it_takes_beyond_its_own_start) {
    const auto beyond = [](double raw_ns, double own_ns) {
        return floors_of({row_of("supervised/restart", Unit::round_trip, 0, {round_trip_of(raw_ns)},
                                 {round_trip_of(own_ns)})});
    };
    ASSERT_EQ(beyond(20e6, 69e6).size(), 1u);
    EXPECT_EQ(beyond(20e6, 69e6)[0].figure, 49e6);
    EXPECT_TRUE(beyond(20e6, 69e6)[0].is_met());
    EXPECT_FALSE(beyond(20e6, 71e6)[0].is_met());
    EXPECT_EQ(beyond(20e6, 19e6).at(0).figure, 0) << "quicker than by itself: met all the same";
    EXPECT_TRUE(beyond(0, 19e6).empty()) << "there is nothing to compare with";
}

TEST(Floors, rates_are_messages_or_bytes) {
    const auto floors = floors_of({
        row_of("stream/unix/64B", Unit::rate, 64, {}, {rate_of(99'999)}),
        row_of("stream/unix/10MiB", Unit::rate, 10 << 20, {}, {rate_of(100)}),
    });
    ASSERT_EQ(floors.size(), 2u);
    EXPECT_FALSE(floors[0].is_met());
    EXPECT_TRUE(floors[1].is_met());
    EXPECT_NEAR(floors[1].figure, 1.048e9, 1e6);
}

TEST(Floors, what_was_not_measured_is_not_judged) {
    EXPECT_TRUE(
        floors_of({row_of("control/unix", Unit::round_trip, 64, {}, {round_trip_of(0)})}).empty());
}

TEST(Table, times_and_rates_have_three_digits_and_a_unit) {
    EXPECT_EQ(text_of_time(0), "0 ns");
    EXPECT_EQ(text_of_time(3.21), "3.21 ns");
    EXPECT_EQ(text_of_time(9249), "9.25 µs");
    EXPECT_EQ(text_of_time(2615000), "2.62 ms");
    EXPECT_EQ(text_of_rate(43'900'000, 64), "43.9 M/s");
    EXPECT_EQ(text_of_rate(100'000, 64 << 10), "6.55 GB/s");
}

TEST(Table, the_narrow_one_fits_100_columns_and_the_wide_one_has_the_spreads) {
    Measurement slow = round_trip_of(123'456'789);
    slow.p99_ns = slow.p999_ns = slow.cpu_ns_per_message = 123'456'789;
    const Row row = row_of("pointer-round-trip/inproc/10MiB", Unit::round_trip, 10 << 20,
                           {slow, slow}, {slow, round_trip_of(234'567'890)});
    const std::string table = table_of(report_of({row}));
    std::size_t columns = 0;
    for (const char c : table.substr(table.find("\npointer-") + 1)) {
        if (c == '\n') break;
        columns += (c & 0xC0) != 0x80;
    }
    EXPECT_LE(columns, 100u);
    EXPECT_EQ(table.find("235 ms"), std::string::npos);
    EXPECT_NE(table_of(report_of({row}), true).find("(123 ms – 235 ms)"), std::string::npos);
}

TEST(Table, what_is_handed_over_is_counted_in_messages_however_large) {
    const auto table_with = [](Unit unit) {
        return table_of(report_of({row_of("r", unit, 10 << 20, {rate_of(1e6)}, {rate_of(1e6)})}));
    };
    EXPECT_NE(table_with(Unit::hand_overs).find("1 M/s"), std::string::npos);
    EXPECT_NE(table_with(Unit::rate).find("10486 GB/s"), std::string::npos);
}

TEST(Table, a_busy_machine_is_told) {
    EXPECT_EQ(table_of(report_of({}, 0.05)).find("other programs"), std::string::npos);
    EXPECT_NE(table_of(report_of({}, 0.5)).find("other programs used 50 %"), std::string::npos);
}

TEST(Json, faults_and_quotes_are_in_it) {
    Row row = row_of("r", Unit::rate, 64, {rate_of(1)}, {rate_of(2)});
    row.own[0].lost = 3;
    row.own[0].error = "say \"what\"";
    row.own.push_back(rate_of(2));
    row.own[1].cpu_ns_per_message = 7;
    const std::string json = json_of(report_of({row}));
    EXPECT_NE(json.find(R"("lost":3)"), std::string::npos);
    EXPECT_NE(json.find(R"("errors":["say \"what\""])"), std::string::npos);
    EXPECT_NE(json.find(R"("cost":{"median":0.5)"), std::string::npos);
    EXPECT_NE(json.find(R"("p99_ns":0,"p999_ns":0,"cpu_ns_per_message":7)"), std::string::npos);
}

}  // namespace
}  // namespace mycelium::bench
