#include "deploy/plan.h"

#include <gtest/gtest.h>

namespace mycelium::deploy {
namespace {

const std::string text = R"(
[fabric]
name = "f"
[service.table]
after = ["strategy"]
host = "b"
[service.strategy]
after = ["adapter"]
host = "a"
[service.adapter]
host = "a"
[service.feed]
command = ["feed"]
host = "b"
[link.trades]
bound_by = "adapter"
port = 7001
[link.news]
bound_by = "feed"
port = 7002
[link.other]
url = "unix:///run/other.sock"
[host.a]
address = "10.0.0.1"
[host.b]
address = "[fd00::1]"
)";

Plan plan_of(Mode mode, const std::string& host = {}, const std::string& toml = text) {
    const std::vector<std::string> functions{"table", "strategy", "adapter"};
    return Plan::make(parse_fabric(toml, "dir/f.toml", functions).value(), {mode, host, {}, false})
        .value();
}

std::string refusal_of(const std::string& toml, const PlanOptions& options) {
    const std::vector<std::string> functions{"table", "strategy", "adapter"};
    const auto plan = Plan::make(parse_fabric(toml, "f.toml", functions).value(), options);
    return plan ? "accepted" : plan.error().message();
}

std::string joined_urls(const Result<Urls>& urls) {
    if (!urls) return urls.error().message();
    return joined(*urls);
}

std::string bind(const Plan& plan, std::string_view service, std::string_view link) {
    return joined_urls(plan.links_of(*plan.service(service)).bind(link));
}
std::string dial(const Plan& plan, std::string_view service, std::string_view link) {
    const auto url = plan.links_of(*plan.service(service)).dial(link);
    return url ? *url : url.error().message();
}

TEST(Plan, services_stand_behind_those_they_are_after) {
    std::vector<std::string> names;
    const Plan plan = plan_of(Mode::processes);
    for (const auto& service : plan.services()) names.push_back(service.spec.name);
    EXPECT_EQ(names, (std::vector<std::string>{"adapter", "strategy", "table", "feed"}));
}

TEST(Plan, between_threads_links_are_inproc_and_open_to_outsiders) {
    const Plan plan = plan_of(Mode::threads);
    EXPECT_EQ(bind(plan, "adapter", "trades"), "inproc://f/trades shm://f/trades");
    EXPECT_EQ(dial(plan, "strategy", "trades"), "inproc://f/trades");
    EXPECT_EQ(bind(plan, "adapter", "other"), "inproc://f/other unix:///run/other.sock");
}

TEST(Plan, a_command_is_a_process_among_threads_too) {
    const Plan plan = plan_of(Mode::threads);
    EXPECT_FALSE(plan.service("feed")->is_thread);
    EXPECT_EQ(bind(plan, "feed", "news"), "shm://f/news");
    EXPECT_EQ(dial(plan, "strategy", "news"), "shm://f/news");
    EXPECT_EQ(dial(plan, "feed", "trades"), "shm://f/trades");
}

TEST(Plan, between_processes_links_are_shared_memory_or_what_the_file_says) {
    const Plan plan = plan_of(Mode::processes);
    EXPECT_EQ(bind(plan, "adapter", "trades"), "shm://f/trades");
    EXPECT_EQ(dial(plan, "table", "trades"), "shm://f/trades");
    EXPECT_EQ(dial(plan, "table", "other"), "unix:///run/other.sock");
}

TEST(Plan, between_hosts_links_are_tcp_to_the_binders_host) {
    const Plan a = plan_of(Mode::hosts, "a");
    EXPECT_EQ(bind(a, "adapter", "trades"), "shm://f/trades tcp://10.0.0.1:7001");
    EXPECT_EQ(dial(a, "strategy", "trades"), "shm://f/trades");
    EXPECT_EQ(dial(a, "strategy", "news"), "tcp://[fd00::1]:7002");
    EXPECT_EQ(a.service("table"), nullptr);
    const Plan b = plan_of(Mode::hosts, "b");
    EXPECT_EQ(dial(b, "table", "trades"), "tcp://10.0.0.1:7001");
    EXPECT_TRUE(b.service("table")->after.empty());
    EXPECT_EQ(b.control_name(), "f@b");
}

TEST(Plan, only_the_named_binder_binds) {
    const Plan plan = plan_of(Mode::processes);
    EXPECT_EQ(bind(plan, "table", "trades"),
              "link 'trades' is bound by another service, as its bound_by says");
}

TEST(Plan, a_link_that_is_not_there_is_refused_with_the_nearest) {
    const Plan plan = plan_of(Mode::processes);
    EXPECT_EQ(dial(plan, "table", "traeds"),
              "the fabric has no link 'traeds' (did you mean trades?)");
}

TEST(Plan, without_declared_links_every_name_is_one) {
    const Plan threads = plan_of(Mode::threads, {}, "[fabric]\nname = \"f\"\n[service.adapter]");
    EXPECT_EQ(bind(threads, "adapter", "any"), "inproc://f/any shm://f/any");
    EXPECT_EQ(dial(threads, "adapter", "any"), "inproc://f/any");
    const Plan processes =
        plan_of(Mode::processes, {}, "[fabric]\nname = \"f\"\n[service.adapter]");
    EXPECT_EQ(bind(processes, "adapter", "any"), "shm://f/any");
    EXPECT_NE(dial(processes, "adapter", "a/b").find("no name for a link"), std::string::npos);
}

TEST(Plan, what_hosts_need_is_asked_for_with_line_and_column) {
    EXPECT_EQ(refusal_of("[service.adapter]\n[link.x]\n[host.a]\naddress = \"h\"\n[host.b]\n"
                         "address = \"g\"",
                         {Mode::hosts, "a", {}, false}),
              "f.toml:1:10: mode hosts: service adapter needs a host\n"
              "f.toml:2:7: mode hosts: link x needs bound_by, the service that binds it\n"
              "f.toml:2:7: mode hosts: link x needs a port");
    EXPECT_EQ(refusal_of(text, {Mode::hosts, "c", {}, false}), "the fabric has no host 'c'");
    EXPECT_EQ(refusal_of(text, {Mode::hosts, "", {}, false}),
              "which host is this? Say --host with one of its names");
    EXPECT_EQ(refusal_of(text, {Mode::processes, "a", {}, false}),
              "a host is named in mode hosts only");
    EXPECT_EQ(refusal_of(text, {Mode::processes, "", {"tabel"}, false}),
              "the fabric has no service 'tabel' (did you mean table?)");
}

TEST(Plan, those_not_chosen_are_not_waited_for) {
    const std::vector<std::string> functions{"table", "strategy", "adapter"};
    const Plan plan = Plan::make(parse_fabric(text, "f.toml", functions).value(),
                                 {Mode::processes, "", {"strategy"}, false})
                          .value();
    EXPECT_TRUE(plan.service("strategy")->is_started);
    EXPECT_TRUE(plan.service("strategy")->after.empty());
    EXPECT_FALSE(plan.service("adapter")->is_started);
}

TEST(Plan, paths_start_at_the_files_folder) {
    const Plan plan = plan_of(Mode::processes);
    EXPECT_EQ(plan.resolve("./x"), "dir/./x");
    EXPECT_EQ(plan.resolve("/x"), "/x");
}

TEST(Plan, links_pass_through_the_environment) {
    const Plan plan = plan_of(Mode::hosts, "a");
    const auto& adapter = *plan.service("adapter");
    const Links back = Links::from_environment(plan.environment_of(adapter));
    EXPECT_EQ(joined_urls(back.bind("trades")), "shm://f/trades tcp://10.0.0.1:7001");
    EXPECT_EQ(back.dial("news").value(), "tcp://[fd00::1]:7002");
    EXPECT_FALSE(back.bind("news"));
    EXPECT_EQ(back.dial("traeds").error().message(),
              "the fabric has no link 'traeds' (did you mean trades?)");
    const Links open = Links::from_environment({"MYCELIUM_LINKS=shm://f/"});
    EXPECT_EQ(open.dial("any").value(), "shm://f/any");
}

TEST(Plan, words_pass_through_a_variable) {
    const std::vector<std::string> words{"a b", "", "100%", "\n\x01", "--x=ä"};
    EXPECT_EQ(split(joined(words)), words);
    EXPECT_TRUE(split("").empty());
    EXPECT_EQ(split("%4").size(), 1u);
}

TEST(Plan, a_control_url_names_its_fabric) {
    EXPECT_EQ(control_name_of(control_url("f@a")), "f@a");
    EXPECT_EQ(control_name_of("shm://mycelium//control"), std::nullopt);
    EXPECT_EQ(control_name_of("shm://trading/trades"), std::nullopt);
}

}  // namespace
}  // namespace mycelium::deploy
