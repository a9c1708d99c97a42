#include "deploy/fabric_file.h"

#include <gtest/gtest.h>

namespace mycelium::deploy {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> functions{"adapter", "strategy"};

FabricFile parsed(std::string_view text) {
    return parse_fabric(text, "etc/trading.toml", functions).value();
}

/// What is said about a faulty file.
std::string refusal_of(std::string_view text) {
    const auto file = parse_fabric(text, "f.toml", functions);
    return file ? "accepted" : file.error().message();
}

TEST(FabricFile, everything_it_says_is_read) {
    const FabricFile file = parsed(R"(
[fabric]
name = "market"
mode = "hosts"
program = ["./pipeline", "-v"]
logs = "logs"
say = "trouble"
[service.strategy]
arguments = ["--fast", ""]
restart = "on-failure"
restarts_max = 3
window = "30s"
backoff = "20ms"
backoff_max = "1s"
after = ["adapter"]
environment = { A = "b", C = "" }
directory = "data"
host = "a"
stop_within = "0s"
ready = "notify"
ready_within = "2s"
when_done = "stop"
[service.adapter]
command = ["sh", "-c", "exit"]
[link.trades]
url = "tcp://127.0.0.1:7000"
bound_by = "adapter"
port = 7001
[host.a]
address = "10.0.0.1"
)");
    EXPECT_EQ(file.name, "market");
    EXPECT_EQ(file.folder, "etc/");
    EXPECT_EQ(file.mode, Mode::hosts);
    EXPECT_EQ(file.program, (std::vector<std::string>{"./pipeline", "-v"}));
    EXPECT_EQ(file.logs, "logs");
    EXPECT_TRUE(file.says_only_trouble);
    EXPECT_FALSE(file.keeps_output);
    ASSERT_EQ(file.services.size(), 2u);
    const ServiceSpec& strategy = file.services[0];
    EXPECT_EQ(strategy.arguments, (std::vector<std::string>{"--fast", ""}));
    EXPECT_EQ(strategy.restart, (mesh::RestartLimits{mesh::Restart::on_failure, 3, 30s, 20ms, 1s}));
    EXPECT_EQ(strategy.after.at(0).name, "adapter");
    EXPECT_EQ(strategy.environment.at("A"), "b");
    EXPECT_EQ(strategy.directory, "data");
    EXPECT_EQ(strategy.host->name, "a");
    EXPECT_EQ(strategy.stop_within, 0s);
    EXPECT_TRUE(strategy.is_ready_when_it_says);
    EXPECT_EQ(strategy.ready_within, 2s);
    EXPECT_TRUE(strategy.stops_all_when_done);
    EXPECT_EQ(file.service("adapter")->command.size(), 3u);
    EXPECT_EQ(file.link("trades")->url, "tcp://127.0.0.1:7000");
    EXPECT_EQ(file.link("trades")->port, 7001);
    EXPECT_EQ(file.host("a")->address, "10.0.0.1");
}

TEST(FabricFile, its_name_is_the_files_unless_it_says) {
    EXPECT_EQ(parsed("[service.adapter]").name, "trading");
    EXPECT_EQ(parse_fabric("[service.adapter]", "a b.x.toml", functions)->name, "a-b-x");
}

TEST(FabricFile, a_relay_binds_its_links) {
    const FabricFile file = parsed(R"(
[service.relay]
relay = { domain = "signal", in = ["raw"], out = ["trades"], control = ["asked"], block_max = "10s" }
[link.raw]
[link.trades]
[link.asked]
)");
    EXPECT_EQ(file.services[0].relay->domain, "signal");
    EXPECT_EQ(file.services[0].relay->block_max, 10s);
    EXPECT_EQ(file.link("raw")->bound_by->name, "relay");
    EXPECT_EQ(file.link("trades")->bound_by->name, "relay");
    EXPECT_EQ(file.link("asked")->bound_by->name, "relay");
}

struct Wrong {
    const char* text;
    const char* said;
};
class Mistakes : public testing::TestWithParam<Wrong> {};

TEST_P(Mistakes, are_told_with_line_and_column) {
    EXPECT_EQ(refusal_of(GetParam().text), GetParam().said);
}

const Wrong wrongs[] = {
    {"[fabric]\nnmae = \"x\"\n[service.adapter]",
     "f.toml:2:1: [fabric] knows no 'nmae' (did you mean name?)"},
    {"[servcie.adapter]", "f.toml:1:2: a fabric file knows no 'servcie' (did you mean service?)"},
    {"[service.adapter]\nrestart = \"allways\"",
     "f.toml:2:11: restart is always, on-failure or never, not 'allways' (did you mean always?)"},
    {"[service.adapter]\nrestart = true",
     "f.toml:2:11: restart must be a string, not true or false"},
    {"[service.adapter]\nwindow = 60", "f.toml:2:10: window must be a string, not a whole number"},
    {"[service.adapter]\nwindow = \"60\"",
     "f.toml:2:10: window: '60' is not a duration: write 200ms, 5s or 1m"},
    {"[service.adapter]\nwindow = \"0s\"", "f.toml:2:10: window lasts 1ms to 24h"},
    {"[service.adapter]\nbackoff = \"10s\"",
     "f.toml:1:10: service adapter: backoff is longer than backoff_max"},
    {"[service.adapter]\nrestarts_max = -1",
     "f.toml:2:16: restarts_max is a whole number from 0 to 100000"},
    {"[service.adapter]\nrestarts_max = 1.5",
     "f.toml:2:16: restarts_max must be a whole number, not a number with a fraction"},
    {"[fabric]\noutput = \"own\"\nlogs = \"logs\"\n[service.adapter]",
     "f.toml:2:10: output = \"own\" leaves no lines for logs"},
    {"[service.adapter]\nwhen_done = \"stops\"",
     "f.toml:2:13: when_done is go-on or stop, not 'stops' (did you mean stop?)"},
    {"[service.adaptor]",
     "f.toml:1:10: this program has no function 'adaptor' (did you mean adapter?)"},
    {"[service.adapter]\nafter = [\"stratgy\"]\n[service.strategy]",
     "f.toml:2:10: after: there is no service 'stratgy' (did you mean strategy?)"},
    {"[service.adapter]\nafter = \"strategy\"", "f.toml:2:9: after must be a list, not a string"},
    {"[service.strategy]\n[service.adapter]\nafter = [\"strategy\", \"strategy\"]",
     "f.toml:3:22: 'strategy' stands twice in after"},
    {"[service.adapter]\nafter = [\"strategy\"]\n[service.strategy]\nafter = [\"adapter\"]",
     "f.toml:4:10: after goes round in a circle: adapter → strategy → adapter"},
    {"[service.adapter]\nafter = [\"adapter\"]",
     "f.toml:2:10: after goes round in a circle: adapter → adapter"},
    {"[service.x]\ncommand = []", "f.toml:2:11: command names a program and its arguments"},
    {"[service.x]\ncommand = [\"\"]", "f.toml:2:11: command names a program and its arguments"},
    {"[service.x]\ncommand = \"ls\"", "f.toml:2:11: command must be a list, not a string"},
    {"[service.x]\ncommand = [\"ls\", 1]",
     "f.toml:2:18: each of command must be a string, not a whole number"},
    {"[service.x]\ncommand = [\"ls\\u0000\"]", "f.toml:2:12: each of command has a zero byte"},
    {"[service.x]\ncommand = [\"ls\"]\narguments = [\"-l\"]",
     "f.toml:1:10: service x is no function: put its arguments into the command"},
    {"[service.x]\ncommand = [\"a\"]\n[service.x]\ncommand = [\"b\"]",
     "f.toml:3:1: Error while parsing table header: cannot redefine existing table 'service.x'"},
    {"[service.\"a b\"]",
     "f.toml:1:10: 'a b' is no name for a service: 1 to 64 letters, digits, '-' and '_'"},
    {"[service.adapter]\nenvironment = { 1A = \"x\" }",
     "f.toml:2:17: '1A' is no name for a variable"},
    {"[service.adapter]\nenvironment = { MYCELIUM_LINK_A = \"x\" }",
     "f.toml:2:17: MYCELIUM_LINK_A is set by whoever starts the service"},
    {"[service.adapter]\nenvironment = { MYCELIUM_RELAY = \"x\" }",
     "f.toml:2:17: MYCELIUM_RELAY is set by whoever starts the service"},
    {"[service.adapter]\nenvironment = { A = 1 }",
     "f.toml:2:21: A must be a string, not a whole number"},
    {"[service.adapter]\nhost = \"b\"\n[host.a]\naddress = \"10.0.0.1\"",
     "f.toml:2:8: there is no host 'b'"},
    {"[service.adapter]\n[host.a]\naddress = \"10.0.0.1:80\"",
     "f.toml:3:11: '10.0.0.1:80' is no address: write 10.0.0.1, a name, or [fd00::1]"},
    {"[service.adapter]\n[host.a]", "f.toml:2:7: [host.a] needs address"},
    {"[service.adapter]\n[link.a]\nurl = \"shm:/x\"",
     "f.toml:3:7: 'shm:/x' at byte 0: no scheme: begin with inproc://, unix:// or tcp://"},
    {"[service.adapter]\n[link.a]\nbound_by = \"adaptor\"",
     "f.toml:3:12: bound_by: there is no service 'adaptor' (did you mean adapter?)"},
    {"[service.adapter]\n[link.a]\nport = 70000",
     "f.toml:3:8: port is a whole number from 1 to 65535"},
    {"[service.adapter]\n[link.a-b]\n[link.A_b]",
     "f.toml:3:7: links a-b and A_b would have the same variable in the environment"},
    {"[service.r]\nrelay = { domain = \"market\", in = [\"a\"], out = [\"b\"] "
     "}\n[link.a]\n[link.b]",
     "f.toml:2:20: domain is market_data, signal or execution, not 'market' (did you mean "
     "market_data?)"},
    {"[service.r]\nrelay = { domain = \"signal\", in = [\"a\"], out = [\"b\"] }\n[link.a]",
     "f.toml:2:49: relay: there is no link 'b'"},
    {"[service.r]\nrelay = { domain = \"signal\", in = [\"a\"], out = [\"a\"] }\n[link.a]",
     "f.toml:2:49: link a is bound by relay r already"},
    {"[service.r]\nrelay = { domain = \"signal\", in = [\"a\"] }", "f.toml:2:9: relay needs out"},
    {"[fabric]\nname = \"a/b\"\n[service.adapter]",
     "f.toml:2:8: name has 1 to 64 letters, digits, '-' and '_'"},
    {"[fabric]", "f.toml: there is no service: write [service.NAME] and its command"},
    {"service = 3", "f.toml:1:11: [service] must be a table, not a whole number"},
};
INSTANTIATE_TEST_SUITE_P(FabricFile, Mistakes, testing::ValuesIn(wrongs));

TEST(FabricFile, broken_syntax_is_told_with_line_and_column) {
    const std::string said = refusal_of("[service.adapter]\nrestart = always");
    EXPECT_EQ(said.rfind("f.toml:2:", 0), 0u) << said;
}

TEST(FabricFile, all_mistakes_are_told_at_once_up_to_twenty) {
    std::string text = "[service.adapter]\n";
    for (int n = 0; n < 25; ++n) text += "key" + std::to_string(n) + " = 1\n";
    const std::string said = refusal_of(text);
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 20);
    EXPECT_NE(said.find("f.toml:21:1: "), std::string::npos);
    EXPECT_NE(said.find("f.toml: and 5 more mistakes"), std::string::npos) << said;
}

TEST(FabricFile, a_file_without_functions_needs_a_program) {
    const auto file = parse_fabric("[service.x]", "f.toml", std::nullopt);
    EXPECT_EQ(file.error().message(),
              "f.toml:1:10: service x has no command, and [fabric] names no program");
}

TEST(FabricFile, more_than_it_may_have_is_refused) {
    std::string services;
    for (std::size_t n = 0; n <= services_max; ++n)
        services += "[service.s" + std::to_string(n) + "]\ncommand = [\"x\"]\n";
    EXPECT_EQ(refusal_of(services), "f.toml: a fabric has at most 1000 services");
    EXPECT_EQ(refusal_of(std::string(toml_bytes_max + 1, '\n')),
              "f.toml: the file is larger than 1 MiB");
}

TEST(FabricFile, depth_is_refused_before_it_costs_the_stack) {
    std::string keys = "[a";
    for (int n = 0; n < 400'000; ++n) keys += ".a";
    EXPECT_EQ(refusal_of(keys + "]"), "f.toml:1:603: a line has at most 300 dots; break it");
    EXPECT_NE(refusal_of("a = " + std::string(100'000, '[')), "accepted");
    EXPECT_NE(refusal_of("a = " + std::string(17, '[') + std::string(17, ']')), "accepted");
}

TEST(FabricFile, a_chain_of_a_thousand_services_is_in_order) {
    std::string text = "[service.s0]\ncommand = [\"x\"]\n";
    for (std::size_t n = 1; n < services_max; ++n)
        text += "[service.s" + std::to_string(n) + "]\ncommand = [\"x\"]\nafter = [\"s" +
                std::to_string(n - 1) + "\"]\n";
    EXPECT_EQ(refusal_of(text), "accepted");
}

TEST(FabricFile, one_that_is_not_there_is_told) {
    const auto file = read_fabric("/nowhere/f.toml", functions);
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message().find("/nowhere/f.toml"), std::string::npos);
}

TEST(FabricFile, without_a_file_every_function_is_a_service) {
    const FabricFile file = fabric_of("./my app", functions);
    EXPECT_EQ(file.name, "--my-app");
    EXPECT_EQ(file.service_names(), functions);
    EXPECT_TRUE(file.links.empty());
}

}  // namespace
}  // namespace mycelium::deploy
