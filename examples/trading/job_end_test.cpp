// How the job ends, and goes on when one of its parts does not.
#include <gtest/gtest.h>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <regex>

#include "free_ports.h"
#include "running_job.h"

namespace trading {
namespace {

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
    const std::string place = folder.path() / "a b";
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

TEST(Job, ends_by_itself_when_its_time_is_over) {
    Program job{command({"--seconds", "0.5", "--json"})};
    EXPECT_EQ(job.wait(), 0) << job.errors();
    EXPECT_EQ(value(job.output(), "losses"), "0") << job.output();
    expect_nothing_left(job);
}

}  // namespace
}  // namespace trading
