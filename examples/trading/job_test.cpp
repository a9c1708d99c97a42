// The whole job, as a user starts it, against the plain loop.
#include <gtest/gtest.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "balance.h"
#include "free_ports.h"
#include "generated_recording.h"
#include "ledger.h"
#include "program.h"

namespace trading {
namespace {

/// A folder of the test's own, removed with everything in it.
class Folder {
public:
    Folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "trading-test-XXXXXX";
        if (!mkdtemp(pattern.data())) throw std::runtime_error{"no temporary folder"};
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{path_ / name} << text;
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

/// The real recording where it is, else a generated one; the test says which.
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

/// The value of a key in a flat JSON object as it stands there.
std::string value(const std::string& json, const std::string& key) {
    std::smatch match;
    const std::regex pattern{"\"" + key + R"(":("[^"]*"|[^,}]*))"};
    return std::regex_search(json, match, pattern) ? match[1].str() : "no " + key + " in " + json;
}

std::uint64_t number(const std::string& json, const std::string& key) {
    return std::strtoull(value(json, key).c_str(), nullptr, 10);
}

std::string plain_loop(const std::string& file, const std::string& seed = "1") {
    Program program{{TRADING_PLAIN_LOOP, file, seed}};
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return program.output();
}

std::string name_of_process(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/comm"};
    std::string name;
    std::getline(file, name);
    return name;
}

std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TRADING_PROGRAM);
    return arguments;
}

void expect_same(const std::string& json, const std::string& plain, std::uint64_t passes = 1) {
    EXPECT_EQ(value(json, "signals_digest"), value(plain, "signals_digest"));
    EXPECT_EQ(number(json, "signals"), passes * number(plain, "signals"));
    EXPECT_EQ(number(json, "messages"),
              passes * (number(plain, "trades") + number(plain, "swaps")));
    EXPECT_EQ(value(json, "losses"), "0");
    EXPECT_EQ(value(json, "fills"), value(json, "signals"));
    EXPECT_EQ(value(json, "is_balanced"), "true") << json;
    EXPECT_GT(number(plain, "signals"), 10u) << "too few to prove anything";
}

/// The pid of a service of the job, as its fabric knows it; 0: it does not run within a minute.
/// Services are started by keepers, which are children of the job.
pid_t service_of(const Program& job, const std::string& service) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline)
        for (const pid_t keeper : Program::children_of(job.pid()))
            for (const pid_t child : Program::children_of(keeper))
                if (name_of_process(child) == service) return child;
    return 0;
}

bool has_sockets(pid_t launcher) {
    std::ifstream file{"/proc/net/unix"};
    std::ostringstream sockets;
    sockets << file.rdbuf();
    return sockets.str().find("trading-" + std::to_string(launcher)) != std::string::npos;
}

/// The job's private folder; empty: there is none.
std::string folder_of(pid_t launcher) {
    const std::string prefix = "mycelium-trading-" + std::to_string(launcher) + "-";
    for (const auto& entry :
         std::filesystem::directory_iterator{std::filesystem::temp_directory_path()})
        if (entry.path().filename().string().starts_with(prefix)) return entry.path();
    return {};
}

/// Has that service published anything, within a minute?
bool has_published(pid_t launcher, const std::string& service) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline) {
        const auto pages = Ledger::read(folder_of(launcher));
        if (!pages) continue;
        for (const LedgerPage& page : *pages)
            if (page.service == service && page.published != 0) return true;
    }
    return false;
}

/// Each row of the ledger of a job that nobody has disturbed: nearly all was received, nothing is
/// missing, and the rest are words that are repeated for those who come late.
void expect_nearly_all_received(const std::string& json) {
    static const std::regex row{R"(\{"publisher":"[^}]*\}[^}]*\})"};
    std::size_t rows = 0;
    for (std::sregex_iterator at{json.begin(), json.end(), row}, end; at != end; ++at, ++rows) {
        const std::string text = at->str();
        const std::uint64_t published = number(text, "published");
        const std::uint64_t away =
            number(text, "away_before") + number(text, "away_between") + number(text, "away_after");
        EXPECT_GT(number(text, "received"), 0u) << text;
        EXPECT_EQ(number(text, "missed"), 0u) << text;
        EXPECT_EQ(number(text, "received") + away, published) << text;
        EXPECT_LE(away, 20 + published / 100) << text;
    }
    EXPECT_EQ(rows, readership().size()) << json;
}

/// Nothing of that job: neither a process nor a socket nor a file. Its pipes have ended; the kernel
/// may still be closing the rest.
void expect_nothing_left(const Program& job) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while ((has_sockets(job.pid()) || !job.processes().empty()) &&
           std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_FALSE(has_sockets(job.pid()));
    EXPECT_EQ(folder_of(job.pid()), "");
    EXPECT_EQ(job.processes(), std::vector<pid_t>{});
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
        R"("ledger":\{"is_balanced":true,"is_partial":false,"all_published":[1-9]\d*,"faults":\[\],"rows":\[.*\]\}\}\n)"};
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

class Ended : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(By, Ended, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_P(Ended, by_a_signal_it_prints_its_summary_and_leaves_nothing) {
    Program job{command({"--speed", "100"})};
    ASSERT_TRUE(job.read_until("1 s  coinbase")) << job.output() << job.errors();
    EXPECT_GE(job.processes().size(), 1u + 3u + 5u) << "itself, the relays and the services";
    job.send(GetParam());
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_NE(job.output().find("\nsignals_digest  "), std::string::npos) << job.output();
    EXPECT_NE(job.output().find("\nlosses          0\n"), std::string::npos) << job.output();
    EXPECT_NE(job.output().find("\nbalanced: "), std::string::npos) << job.output();
    expect_nothing_left(job);
}

TEST(Job, stopped_before_it_began_it_ends_as_well) {
    Program job{command({"--json"})};
    job.send(SIGTERM);
    const int code = job.wait();
    EXPECT_TRUE(code == 0 || code == -SIGTERM)
        << "before main it is the system that ends it: " << code;
    expect_nothing_left(job);
}

class Killed : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Service, Killed,
                         testing::Values("coinbase", "pools", "strategy", "execution", "table",
                                         "market-relay", "signal-relay", "execution-relay"),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST_P(Killed, a_service_comes_back_the_job_goes_on_and_the_ledger_balances) {
    Program job{command({"--speed", "100"})};
    ASSERT_TRUE(job.read_until("1 s  coinbase")) << job.output() << job.errors();
    const pid_t victim = service_of(job, GetParam());
    ASSERT_NE(victim, 0);
    kill(victim, SIGKILL);
    pid_t successor = 0;
    while ((successor = service_of(job, GetParam())) == victim) {
    }
    ASSERT_NE(successor, 0);
    EXPECT_TRUE(job.read_until("2 s  coinbase")) << job.output() << job.errors();
    job.send(SIGTERM);
    EXPECT_EQ(job.wait(), 0) << job.errors() << job.output();
    EXPECT_NE(job.output().find("\nbalanced: "), std::string::npos) << job.output();
    EXPECT_NE(job.errors().find(std::string{GetParam()} + ": was killed by signal 9 (Killed) "
                                                          "(restart 1 in "),
              std::string::npos)
        << job.errors();
    expect_nothing_left(job);
}

TEST(Job, a_pass_that_new_venues_go_on_with_in_the_middle_has_no_digest) {
    Program job{command({"--speed", "6", "--loop", "1"})};
    ASSERT_TRUE(job.read_until("1 s  coinbase")) << job.output() << job.errors();
    std::vector<pid_t> victims;
    for (const char* name : {"coinbase", "pools", "strategy"})
        victims.push_back(service_of(job, name));
    for (const pid_t victim : victims) {
        ASSERT_NE(victim, 0);
        kill(victim, SIGKILL);
    }
    EXPECT_EQ(job.wait(), 0) << job.errors() << job.output();
    EXPECT_NE(job.output().find("\nsignals_digest  none"), std::string::npos) << job.output();
    EXPECT_NE(job.output().find("\nbalanced: "), std::string::npos) << job.output();
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

TEST(Job, under_chaos_every_message_is_accounted_for) {
    Program job{command({"--chaos", "--seconds", "7", "--json"})};
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_EQ(value(job.output(), "is_balanced"), "true") << job.output() << job.errors();
    EXPECT_NE(job.errors().find("chaos: "), std::string::npos) << job.errors();
    expect_nothing_left(job);
}

TEST(Job, when_the_launcher_is_killed_nobody_stays_behind) {
    Program job{command({"--speed", "100"})};
    ASSERT_TRUE(job.read_until("1 s  coinbase")) << job.output() << job.errors();
    job.send(SIGKILL);
    EXPECT_EQ(job.wait(), -SIGKILL) << "somebody still holds its output";
    EXPECT_NE(folder_of(job.pid()), "");
    Program next{command({"--loop", "1", "--speed", "max", "--json"})};
    EXPECT_EQ(next.wait(), 0) << next.errors();
    expect_nothing_left(job);
}

TEST(Job, a_service_that_does_not_answer_is_killed) {
    Program job{command({"--speed", "100"})};
    ASSERT_TRUE(job.read_until("1 s  coinbase")) << job.output() << job.errors();
    const pid_t victim = service_of(job, "strategy");
    ASSERT_NE(victim, 0);
    kill(victim, SIGSTOP);
    job.send(SIGINT);
    (void)job.wait();
    EXPECT_NE(job.errors().find("strategy: was killed: it did not end within"), std::string::npos)
        << job.errors();
    EXPECT_NE(job.output().find("\nmessages  "), std::string::npos)
        << "the table still says what it has seen";
    expect_nothing_left(job);
}

TEST(Job, without_a_summary_the_ledger_is_told_by_itself) {
    for (const bool is_json : {false, true}) {
        std::vector<std::string> arguments{"--speed", "100"};
        if (is_json) arguments.emplace_back("--json");
        Program job{command(arguments)};
        const pid_t table = service_of(job, "table");
        ASSERT_NE(table, 0);
        ASSERT_TRUE(has_published(job.pid(), "coinbase"));
        kill(table, SIGSTOP);
        job.send(SIGTERM);
        (void)job.wait();
        if (is_json)
            EXPECT_EQ(job.output().rfind(R"({"ledger":{"is_balanced":)", 0), 0u) << job.output();
        else
            EXPECT_NE(job.output().find("coinbase → table"), std::string::npos) << job.output();
    }
}

TEST(Hosts, the_folder_for_temporary_files_may_have_a_blank_in_its_name) {
    const Folder folder;
    const std::string place = folder.write("a b", "");
    std::filesystem::remove(place);
    std::filesystem::create_directory(place);
    Program job{command({"--mode", "hosts", "--loop", "1", "--speed", "max", "--json"}),
                Program::Output::pipe,
                {"TMPDIR=" + place}};
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_EQ(value(job.output(), "is_balanced"), "true") << job.output() << job.errors();
    expect_nearly_all_received(job.output());
}

class HostEnded : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(By, HostEnded, testing::Values(SIGTERM, SIGKILL));

TEST_P(HostEnded, when_the_venues_part_ends_first_the_job_ends_and_says_so) {
    Program job{command({"--mode", "hosts", "--speed", "100"})};
    ASSERT_TRUE(job.read_until("1 s  coinbase")) << job.output() << job.errors();
    const pid_t venues = Program::child_of(job.pid(), "venues");
    ASSERT_NE(venues, 0);
    kill(venues, GetParam());
    EXPECT_EQ(job.wait(), 1) << job.output() << job.errors();
    EXPECT_NE(job.errors().find("the venues' part has ended before the desk's"), std::string::npos)
        << job.errors();
    expect_nothing_left(job);
}

TEST(Hosts, started_apart_each_tells_what_it_knows) {
    const std::string port = std::to_string(free_ports(9).value());
    const auto part = [&](const char* host) {
        return command({"--mode", "hosts", "--host", host, "--port", port, "--loop", "1", "--speed",
                        "max", "--json"});
    };
    Program venues{part("venues")};
    Program desk{part("desk")};
    EXPECT_EQ(desk.wait(), 0) << desk.errors();
    venues.send(SIGTERM);
    EXPECT_EQ(venues.wait(), 0) << venues.errors();
    EXPECT_EQ(value(desk.output(), "is_balanced"), "true") << desk.output();
    EXPECT_EQ(value(desk.output(), "is_partial"), "true") << desk.output();
    for (const char* reader : {"strategy", "table"}) {
        const std::regex row{std::string{R"("publisher":"elsewhere","reader":")"} + reader +
                             R"(","runs":2,"published":null,"received":([1-9]\d*),"missed":0,)"};
        EXPECT_TRUE(std::regex_search(desk.output(), row)) << desk.output();
    }
    const std::regex row{R"("publisher":"coinbase","reader":"table","runs":1,)"
                         R"("published":[1-9]\d*,"received":null)"};
    EXPECT_TRUE(std::regex_search(venues.output(), row)) << venues.output();
}

TEST(Job, a_result_that_cannot_be_written_is_an_error) {
    struct Case {
        const char* rest;
        const char* said;
    };
    for (const auto& [rest, said] : {
             Case{" --loop 1 --speed max --json >/dev/full",
                  "mycelium-trading: standard output: No space left on device\n"},
             Case{" --speed max >/dev/full",
                  "mycelium-trading: standard output: No space left on device\n"},
             Case{" --loop 1 --speed max --json >&-",
                  "mycelium-trading: standard output: Bad file descriptor\n"},
             Case{" generate >/dev/full",
                  "mycelium-trading generate: standard output: No space left on device\n"},
         }) {
        Program job{{"/bin/sh", "-c", "exec " + std::string{TRADING_PROGRAM} + rest}};
        EXPECT_EQ(job.wait(), 1) << rest;
        EXPECT_NE(job.errors().find(said), std::string::npos) << job.errors();
    }
}

TEST(Job, when_nobody_reads_its_output_it_ends) {
    Program job{{"/bin/sh", "-c", std::string{TRADING_PROGRAM} + " --speed 100 | head -n 1"}};
    EXPECT_EQ(job.wait(), 0);
    EXPECT_EQ(job.output().rfind("1 s  coinbase", 0), 0u) << job.output();
}

/// The end of one frame and the beginning of the next, which goes up to write over it.
constexpr const char* frame_to_frame = "\x1b[J\x1b[";

TEST(Job, in_a_terminal_the_table_is_redrawn_in_place) {
    Program job{command({"--speed", "100"}), Program::Output::terminal, {"TERM=xterm"}};
    EXPECT_TRUE(job.read_until(frame_to_frame)) << job.output();
    job.send(SIGINT);
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_NE(job.output().find("\x1b[1m"), std::string::npos);
    EXPECT_NE(job.output().find("signals_digest"), std::string::npos);
}

TEST(Job, in_a_terminal_with_few_rows_there_are_lines) {
    Program job{{"/bin/sh", "-c",
                 "stty rows 10 <&1; exec " + std::string{TRADING_PROGRAM} + " --speed 100"},
                Program::Output::terminal,
                {"TERM=xterm"}};
    EXPECT_TRUE(job.read_until("s  coinbase")) << job.output();
    job.send(SIGINT);
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_EQ(job.output().find("\x1b"), std::string::npos);
}

TEST(Job, colours_can_be_had_without) {
    Program job{
        command({"--speed", "100"}), Program::Output::terminal, {"TERM=xterm", "NO_COLOR=1"}};
    EXPECT_TRUE(job.read_until(frame_to_frame)) << job.output();
    job.send(SIGINT);
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_FALSE(std::regex_search(job.output(), std::regex{"\x1b\\[[0-9]+m"}));
}

TEST(Job, ends_by_itself_when_its_time_is_over) {
    Program job{command({"--seconds", "0.5", "--json"})};
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_EQ(value(job.output(), "losses"), "0") << job.output();
    expect_nothing_left(job);
}

struct Mistake {
    std::vector<std::string> arguments;
    int code;
    std::string said;
};

TEST(Job, a_mistake_is_one_line_that_names_it) {
    const Folder folder;
    for (const Mistake& mistake : {
             Mistake{{"--trades", "/nowhere.ndjson"},
                     1,
                     "/nowhere.ndjson: No such file or directory: give a recording"},
             Mistake{{"--trades", "/"}, 1, "/: is a directory"},
             Mistake{{"--trades", folder.write("empty", "")}, 1, "there is no trade in it"},
             Mistake{{"--trades", TRADING_PROGRAM}, 1, "there is no trade in it"},
             Mistake{{"--at", "pigeon://x"}, 1, "pigeon://x: give --at unix:///folder"},
             Mistake{{"--speed", "warp"}, 2, "--speed: \"warp\" is not a decimal number"},
             Mistake{{"--frobnicate"}, 2, "--frobnicate"},
             Mistake{{"table"}, 2, "it needs --at URL"},
             Mistake{{"--chaos", "--mode", "threads"}, 2, "--chaos kills processes"},
         }) {
        Program job{command(mistake.arguments)};
        EXPECT_EQ(job.wait(), mistake.code) << mistake.said;
        EXPECT_EQ(job.output(), "");
        EXPECT_NE(job.errors().find(mistake.said), std::string::npos) << job.errors();
        EXPECT_EQ(std::count(job.errors().begin(), job.errors().end(), '\n'), 1) << job.errors();
    }
}

}  // namespace
}  // namespace trading
