#include "running_job.h"

#include <gtest/gtest.h>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "balance.h"
#include "ledger.h"

namespace trading {
namespace {

std::string name_of_process(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/comm"};
    std::string name;
    std::getline(file, name);
    return name;
}

bool has_sockets(pid_t launcher) {
    std::ifstream file{"/proc/net/unix"};
    std::ostringstream sockets;
    sockets << file.rdbuf();
    return sockets.str().find("trading-" + std::to_string(launcher)) != std::string::npos;
}

}  // namespace

Folder::Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "trading-test-XXXXXX";
    if (!mkdtemp(pattern.data())) throw std::runtime_error{"no temporary folder"};
    path_ = pattern;
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

std::string Folder::write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return path_ / name;
}

std::string value(const std::string& json, const std::string& key) {
    std::smatch match;
    const std::regex pattern{"\"" + key + R"(":("[^"]*"|[^,}]*))"};
    return std::regex_search(json, match, pattern) ? match[1].str() : "no " + key + " in " + json;
}

std::uint64_t number(const std::string& json, const std::string& key) {
    return std::strtoull(value(json, key).c_str(), nullptr, 10);
}

std::string plain_loop(const std::string& file, const std::string& seed) {
    Program program{{TRADING_PLAIN_LOOP, file, seed}};
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return program.output();
}

std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TRADING_PROGRAM);
    return arguments;
}

void expect_same(const std::string& json, const std::string& plain, std::uint64_t passes) {
    EXPECT_EQ(value(json, "signals_digest"), value(plain, "signals_digest"));
    EXPECT_EQ(number(json, "signals"), passes * number(plain, "signals"));
    EXPECT_EQ(number(json, "messages"),
              passes * (number(plain, "trades") + number(plain, "swaps")));
    EXPECT_EQ(value(json, "losses"), "0");
    EXPECT_EQ(value(json, "fills"), value(json, "signals"));
    EXPECT_EQ(value(json, "is_balanced"), "true") << json;
    EXPECT_GT(number(plain, "signals"), 10u) << "too few to prove anything";
}

/// Services are started by keepers, which are children of the job.
pid_t service_of(const Program& job, const std::string& service) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline)
        for (const pid_t keeper : Program::children_of(job.pid()))
            for (const pid_t child : Program::children_of(keeper))
                if (name_of_process(child) == service) return child;
    return 0;
}

std::string folder_of(pid_t launcher) {
    const std::string prefix = "mycelium-trading-" + std::to_string(launcher) + "-";
    for (const auto& entry :
         std::filesystem::directory_iterator{std::filesystem::temp_directory_path()})
        if (entry.path().filename().string().starts_with(prefix)) return entry.path();
    return {};
}

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

void expect_nothing_left(const Program& job) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while ((has_sockets(job.pid()) || !job.processes().empty()) &&
           std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_FALSE(has_sockets(job.pid()));
    EXPECT_EQ(folder_of(job.pid()), "");
    EXPECT_EQ(job.processes(), std::vector<pid_t>{});
}

}  // namespace trading
