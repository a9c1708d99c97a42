// Idle: a link through shared memory on which nothing happens costs neither end anything.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "attacked.h"

namespace mycelium::attack {
namespace {

/// How often each thread of a process has gone to sleep, by its number.
std::map<std::string, std::uint64_t> sleeps_of(pid_t pid) {
    constexpr std::string_view key = "voluntary_ctxt_switches:";
    std::map<std::string, std::uint64_t> sleeps;
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    for (const auto& task : std::filesystem::directory_iterator{tasks}) {
        std::ifstream status{task.path() / "status"};
        for (std::string line; std::getline(status, line);)
            if (line.rfind(key, 0) == 0)
                sleeps[task.path().filename()] = std::stoull(line.substr(key.size()));
    }
    return sleeps;
}

/// One after the other: a thread that comes and goes is a difference, too.
using Sleeps = std::vector<std::map<std::string, std::uint64_t>>;

class Idle {
public:
    Idle(const std::string& first, const std::string& second) {
        const std::string url = new_url("shm");
        for (const std::string& name : {first, second})
            peers_.emplace_back(Deployment::processes, Part{name, "shm", {{"url", url}}});
        for (Peer& peer : peers_) EXPECT_EQ(peer.hear().substr(0, 6), "ready ");
    }
    Peer& first() { return peers_[0]; }
    Peer& second() { return peers_[1]; }
    void expect_no_sleeps() {
        // What is still to be told of the last message is told.
        Sleeps before = sleeps();
        EXPECT_TRUE(eventually([&] {
            ::poll(nullptr, 0, 100);
            return before == std::exchange(before, sleeps());
        })) << "it does not come to rest";
        const Duration time = is_long() ? 10s : 1s;
        ::poll(nullptr, 0, static_cast<int>(time / 1ms));
        const Sleeps after = sleeps();
        std::size_t threads = 0;
        for (const auto& one : after) threads += one.size();
        EXPECT_EQ(after, before) << "somebody woke in " << time / 1s << " s";
        EXPECT_GE(threads, 4u) << "a caller and a driver in each process";
        if (after == before)
            std::cout << "0 sleeps of " << threads << " threads in " << time / 1s << " s\n";
    }

private:
    Sleeps sleeps() const {
        Sleeps all;
        for (const Peer& peer : peers_) all.push_back(sleeps_of(peer.pid()));
        return all;
    }
    std::vector<Peer> peers_;
};

constexpr bool has_a_thread_of_its_own = is_sanitized() && !is_address_sanitized();

TEST(IdleLink, of_a_publisher_and_a_subscriber_that_waits_wakes_no_thread) {
    if (has_a_thread_of_its_own) GTEST_SKIP() << "the sanitizer has a thread that wakes";
    Idle link{"publish", "subscribe"};
    link.second().say("take 100");
    link.first().say("go 100");
    EXPECT_EQ(link.first().hear(), "published 100");
    EXPECT_EQ(link.second().hear(), "received 100 missed 0");
    link.second().say("take 1");
    link.expect_no_sleeps();
    link.first().say("go 1");
    EXPECT_EQ(link.second().hear(), "received 101 missed 0");
}

TEST(IdleLink, of_a_requester_and_a_replier_that_serves_wakes_no_thread) {
    if (has_a_thread_of_its_own) GTEST_SKIP() << "the sanitizer has a thread that wakes";
    Idle link{"reply", "request"};
    link.second().say("many 20");
    EXPECT_EQ(link.second().hear(), "answered 20");
    link.expect_no_sleeps();
    link.second().say("many 20");
    EXPECT_EQ(link.second().hear(), "answered 20");
}

}  // namespace
}  // namespace mycelium::attack
