// What the job writes, and where it cannot.
#include <gtest/gtest.h>
#include <algorithm>
#include <csignal>
#include <regex>

#include "running_job.h"

namespace trading {
namespace {

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
