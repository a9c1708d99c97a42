// The whole job, as a user starts it, against the plain loop.
#include <gtest/gtest.h>
#include <algorithm>
#include <cstdio>
#include <regex>
#include <sstream>

#include "generated_recording.h"
#include "running_job.h"

namespace trading {
namespace {

/// The real one where it is, else a generated one; the test says which.
std::string recording(const Folder& folder) {
    const std::filesystem::path real =
        std::filesystem::path{MYCELIUM_SOURCE_DIR} / "../shared/data/coinbase-matches.ndjson";
    if (std::filesystem::exists(real)) {
        std::printf("recording: the real one, %s\n", real.c_str());
        return real;
    }
    std::printf("recording: there is no %s, so a generated one in the same format\n", real.c_str());
    return folder.write("generated.ndjson", generated_recording(99));
}

class OverTransport : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Job, OverTransport, testing::Values("unix", "shm", "tcp"),
                         [](const auto& test) { return test.param; });

TEST_P(OverTransport, the_signals_are_those_of_a_plain_loop) {
    const Folder folder;
    const std::string file = recording(folder);
    Program job{command(
        {"--trades", file, "--loop", "1", "--speed", "max", "--json", "--transport", GetParam()})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    expect_same(job.output(), plain_loop(file));
    expect_nothing_left(job);
}

TEST_P(OverTransport, every_pass_gives_the_same_number_and_the_digest_is_the_firsts) {
    const Folder folder;
    const std::string file = recording(folder);
    Program job{command({"--trades", file, "--loop", "25", "--speed", "max", "--seed=7", "--json",
                         "--transport", GetParam()})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    expect_same(job.output(), plain_loop(file, "7"), 25);
}

class InMode : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Job, InMode, testing::Values("threads", "processes", "hosts"),
                         [](const auto& test) { return test.param; });

TEST_P(InMode, the_signals_are_those_of_a_plain_loop) {
    const Folder folder;
    const std::string file = recording(folder);
    Program job{command(
        {"--trades", file, "--loop", "2", "--speed", "max", "--json", "--mode", GetParam()})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    expect_same(job.output(), plain_loop(file), 2);
    expect_nearly_all_received(job.output());
    EXPECT_EQ(value(job.output(), "mode"), "\"" + std::string{GetParam()} + "\"");
    EXPECT_EQ(job.errors(), "");
    expect_nothing_left(job);
}

TEST(Job, at_its_usual_speed_it_gives_the_same_signals) {
    const Folder folder;
    const std::string file = recording(folder);
    Program job{command({"--trades", file, "--loop", "1", "--json"})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    expect_same(job.output(), plain_loop(file));
}

TEST(Job, without_a_recording_the_generator_feeds_both_venues_and_it_says_so) {
    const Folder folder;
    Program generate{command({"generate", "--seed", "3"})};
    ASSERT_EQ(generate.wait(), 0);
    const std::string file = folder.write("generated.ndjson", generate.output());
    Program job{command({"--loop", "1", "--speed", "max", "--json", "--seed", "3"})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    EXPECT_NE(job.errors().find("the generator feeds both venues"), std::string::npos)
        << job.errors();
    expect_same(job.output(), plain_loop(file, "3"));
}

/// A line of a recording.
std::string match(const std::string& product, const std::string& price, const std::string& time) {
    return R"({"type":"match","trade_id":1,"side":"buy","size":"12.5","price":")" + price +
           R"(","product_id":")" + product + R"(","sequence":1,"time":")" + time + "\"}\n";
}

/// Of the whole job and of the plain loop, which must say the same.
void expect_same_of(const std::string& text) {
    const Folder folder;
    const std::string file = folder.write("recording.ndjson", text);
    Program job{command({"--trades", file, "--loop", "1", "--speed", "max", "--json"})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    expect_same(job.output(), plain_loop(file));
}

TEST(Job, an_asset_too_cheap_for_a_pool_has_none) {
    std::string text;
    std::istringstream all{generated_recording(5)};
    std::uint64_t count = 0;
    for (std::string line; std::getline(all, line); ++count) {
        text += line + "\n";
        const std::string time = line.substr(line.find("\"time\":\"") + 8, 27);
        text += match("PEPE-USD", "0.0000099" + std::to_string(count % 10), time);
        if (count % 7 == 0) text += match("SHIB-USD", "0.00021684", time);  // just dear enough
    }
    expect_same_of(text);
}

TEST(Job, times_may_have_any_number_of_decimals) {
    std::istringstream all{generated_recording(5)};
    std::string text;
    std::uint64_t count = 0;
    for (std::string line; std::getline(all, line); ++count) {
        const std::size_t end = line.rfind("Z\"}");
        const std::string tails[] = {"Z\"}", "1Z\"}", "123Z\"}", "000Z\"}"};
        // The last digits of the microseconds may go, as long as the order does not change.
        if (count % 5 == 4)
            text += line.substr(0, end - 1) + "0Z\"}\n";
        else
            text += line.substr(0, end) + tails[count % 4] + "\n";
    }
    text += match("BTC-USD", "116827", "2025-08-22T20:13:00Z");
    text += match("BTC-USD", "116827", "2025-02-30T20:13:00Z");  // no such day
    text += match("BTC_USD", "116827", "2025-08-22T20:13:00Z");  // no such name
    expect_same_of(text);
}

TEST(Job, of_many_assets_so_many_have_a_pool) {
    std::string text;
    for (int round = 0; round < 20; ++round)
        for (int i = 0; i < 300; ++i) {
            char time[32];
            const int at = round * 300 + i;
            std::snprintf(time, sizeof time, "2025-08-22T20:11:%02d.%03dZ", at / 500, at % 500 * 2);
            text += match("A" + std::to_string(i), std::to_string(100 + (i + round) % 7), time);
        }
    expect_same_of(text);
}

TEST(Job, the_summary_is_one_object) {
    Program job{command({"--loop", "1", "--json"})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    const std::regex object{
        R"(\{"messages":[1-9]\d*,"signals":[1-9]\d*,"signals_digest":"[0-9a-f]{16}",)"
        R"("losses":0,"p50_us":\d+\.\d,"p99_us":\d+\.\d,"fills":[1-9]\d*,"profit":-?\d+\.\d+,)"
        R"("mode":"processes","trades_per_second":[1-9]\d*,"profile":\{("[a-z-]+":\d+\.\d+,?)+\},)"
        R"("ledger":\{"is_balanced":true,"is_partial":false,"all_published":[1-9]\d*,)"
        R"("faults":\[\],"rows":\[.*\]\}\}\n)"};
    EXPECT_TRUE(std::regex_match(job.output(), object)) << job.output();
}

TEST(Job, a_bad_line_is_named_and_the_rest_is_played) {
    const Folder folder;
    const std::string good = generated_recording(5);
    const std::string file = folder.write(
        "bad.ndjson", "nonsense\n{\"type\":\"subscriptions\"}\n" + good + "{\"type\":\"match\"}\n");
    Program job{command({"--trades", file, "--loop", "2", "--speed", "max", "--json"})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    expect_same(job.output(), plain_loop(folder.write("good.ndjson", good)), 2);
    EXPECT_NE(job.errors().find("line 1 is not JSON"), std::string::npos) << job.errors();
    EXPECT_NE(job.errors().find("line " + std::to_string(generated_trades + 3) +
                                " product_id is missing"),
              std::string::npos);
    EXPECT_NE(job.errors().find("2 bad lines and 1 messages of other types skipped"),
              std::string::npos);
}

TEST(Job, of_many_bad_lines_five_are_named) {
    const Folder folder;
    std::string text = generated_recording(5);
    for (int i = 0; i < 2345; ++i) text += "nonsense\n";
    const std::string file = folder.write("bad.ndjson", text);
    Program job{command({"--trades", file, "--loop", "2", "--speed", "max", "--json"})};
    ASSERT_EQ(job.wait(), 0) << job.errors();
    EXPECT_EQ(std::count(job.errors().begin(), job.errors().end(), '\n'), 7) << job.errors();
    EXPECT_NE(job.errors().find("coinbase: … and 2,340 more\n"), std::string::npos);
    EXPECT_NE(job.errors().find("2345 bad lines"), std::string::npos);
}

class AtSpeed : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Job, AtSpeed, testing::Values("max", "1000000"),
                         [](const auto& test) { return test.param; });

TEST_P(AtSpeed, short_passes_end_when_their_time_is_over) {
    const Folder folder;
    std::istringstream all{generated_recording(5)};
    std::string some;
    std::string line;
    for (int i = 0; i < 100 && std::getline(all, line); ++i) some += line + "\n";
    const std::string file = folder.write("short.ndjson", some);
    Program job{command({"--trades", file, "--speed", GetParam(), "--seconds", "1.5", "--json"})};
    ASSERT_EQ(job.wait(), 0) << job.output() << job.errors();
    EXPECT_EQ(value(job.output(), "signals_digest"), value(plain_loop(file), "signals_digest"));
    EXPECT_EQ(value(job.output(), "losses"), "0") << job.output();
    EXPECT_EQ(value(job.output(), "is_balanced"), "true") << job.output();
}

}  // namespace
}  // namespace trading
