#include "deploy/run_line.h"

#include <gtest/gtest.h>

namespace mycelium::deploy {
namespace {

const std::vector<std::string> services{"adapter", "strategy"};

std::string refusal_of(const std::vector<std::string>& words) {
    const auto line = parse_run_line(words, {}, services);
    return line ? "accepted" : line.error().message();
}

TEST(RunLine, what_is_written_wins_over_the_options) {
    RunOptions options;
    options.mode = "threads";
    options.text = "[service.adapter]";
    options.host = "a";
    const auto line =
        parse_run_line({"--mode=hosts", "--fabric", "f.toml", "strategy", "--", "-x", "--mode"},
                       options, services)
            .value();
    EXPECT_EQ(line.options.mode, "hosts");
    EXPECT_EQ(line.options.file, "f.toml");
    EXPECT_EQ(line.options.text, "");
    EXPECT_EQ(line.options.host, "a");
    EXPECT_EQ(line.options.services, std::vector<std::string>{"strategy"});
    EXPECT_EQ(line.options.arguments, (std::vector<std::string>{"-x", "--mode"}));
}

TEST(RunLine, mistakes_are_told_with_the_nearest_word) {
    EXPECT_EQ(refusal_of({"--modus", "threads"}),
              "--modus: there is no such option (did you mean --mode?)");
    EXPECT_EQ(refusal_of({"--mode", "proceses"}),
              "a mode is threads, processes or hosts, not 'proceses' (did you mean processes?)");
    EXPECT_EQ(refusal_of({"adaptor"}), "there is no service 'adaptor' (did you mean adapter?)");
    EXPECT_EQ(refusal_of({"--host"}), "--host needs a value");
    EXPECT_EQ(refusal_of({}), "accepted");
}

TEST(RunLine, help_names_the_services) {
    EXPECT_TRUE(parse_run_line({"--help", "--nonsense"}, {}, services)->wants_help);
    EXPECT_NE(run_help("pipeline", services).find("adapter strategy"), std::string::npos);
}

}  // namespace
}  // namespace mycelium::deploy
