#include "options.h"

#include <gtest/gtest.h>
#include <vector>

namespace trading {
namespace {

using namespace std::chrono_literals;

mycelium::Result<Options> parse(std::initializer_list<std::string_view> arguments) {
    const std::vector<std::string_view> all{arguments};
    return Options::parse(all);
}

TEST(Options, nothing_starts_the_whole_job) {
    const Options options = parse({}).value();
    EXPECT_EQ(options.role, Role::job);
    EXPECT_EQ(options.loops, 0u);
    EXPECT_FALSE(options.seconds);
    EXPECT_FALSE(options.is_json);
    EXPECT_EQ(options.mode, "processes");
    EXPECT_EQ(options.transport, "shm");
    EXPECT_FALSE(options.has_chaos);
}

TEST(Options, are_given_in_either_form) {
    const Options options = parse({"coinbase", "--at", "unix://@x", "--trades=a=b", "--speed",
                                   "0.5", "--loop=3", "--seed", "7", "--seconds", "1.5", "--json",
                                   "--transport", "tcp", "--mode", "threads"})
                                .value();
    EXPECT_EQ(options.role, Role::service);
    EXPECT_EQ(options.service, "coinbase");
    EXPECT_EQ(options.at, "unix://@x");
    EXPECT_EQ(options.trades, "a=b");
    EXPECT_EQ(options.speed.times_e8, 50'000'000);
    EXPECT_EQ(options.loops, 3u);
    EXPECT_EQ(options.seed, 7u);
    EXPECT_EQ(options.seconds, mycelium::Duration{1500ms});
    EXPECT_TRUE(options.is_json);
    EXPECT_EQ(options.transport, "tcp");
    EXPECT_EQ(options.mode, "threads");
}

TEST(Options, hosts_are_two_with_addresses_and_ports) {
    const Options options = parse({"--mode", "hosts", "--host", "desk", "--port", "7000",
                                   "--venues", "10.0.0.1", "--desk", "10.0.0.2"})
                                .value();
    EXPECT_EQ(options.host, "desk");
    EXPECT_EQ(options.port, 7000);
    EXPECT_EQ(options.venues, "10.0.0.1");
    EXPECT_EQ(options.desk, "10.0.0.2");
}

TEST(Options, speed_has_names_too) {
    EXPECT_EQ(parse({"--speed", "real"}).value().speed.times_e8, 100'000'000);
    EXPECT_EQ(parse({"--speed", "max"}).value().speed.times_e8, 0);
}

TEST(Options, a_wrong_one_is_named) {
    struct Case {
        std::vector<std::string_view> arguments;
        std::string_view named;
    };
    for (const auto& [arguments, named] : {
             Case{{"--nonsense", "1"}, "--nonsense: there is no such option"},
             Case{{"clown"}, "\"clown\""},
             Case{{"--json", "table"}, "\"table\" is one argument too many"},
             Case{{"--trades"}, "--trades needs a value"},
             Case{{"--trades="}, "--trades needs a value"},
             Case{{"--speed", "0"}, "--speed"},
             Case{{"--speed", "fast"}, "--speed"},
             Case{{"--loop", "-1"}, "--loop"},
             Case{{"--loop", "1x"}, "--loop"},
             Case{{"--seed", "99999999999999999999"}, "--seed"},
             Case{{"--seconds", "0"}, "--seconds"},
             Case{{"--seconds", "9999999999"}, "--seconds"},
             Case{{"--transport", "pigeon"}, "--transport"},
             Case{{"table"}, "--at"},
             Case{{"--mode", "fibres"}, "--mode"},
             Case{{"--chaos", "--mode", "threads"}, "--chaos kills processes"},
             Case{{"--host", "desk"}, "--mode hosts"},
             Case{{"--mode", "hosts", "--host", "desk"}, "--port"},
             Case{{"--mode", "hosts", "--host", "roof"}, "neither venues nor desk"},
             Case{{"--port", "65528"}, "--port"},
             Case{{"--at", "unix:///a b"}, "--at"},
             Case{{"--desk", "\""}, "--desk"},
         }) {
        const auto options = Options::parse(arguments);
        ASSERT_FALSE(options) << named;
        EXPECT_NE(options.error().message().find(named), std::string::npos)
            << options.error().message();
    }
}

TEST(Options, help_wins) {
    EXPECT_EQ(parse({"--speed", "1", "--help", "--what"}).value().role, Role::help);
}

}  // namespace
}  // namespace trading
