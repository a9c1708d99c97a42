// Chaos as a service: kills and pauses the others while they work, and says so.
#include <signal.h>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "fabric_status.h"
#include "job.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Result;

constexpr mycelium::Duration comes_back_within = 10s;
constexpr mycelium::Duration quiet_at_end = 2s;  // so that everybody is there for the end

class Chaos {
public:
    Chaos(mycelium::Service& service, FabricControl control, mycelium::Instant end,
          std::uint64_t seed)
        : service_(service), control_(std::move(control)), end_(end), random_(seed) {}

    /// Until the end or until it is told to stop; then all are there and run.
    Result<void> run() {
        while (rest(std::chrono::milliseconds{between(300, 900)})) {
            const auto victims = those_that_run();
            if (victims.empty()) continue;
            const ServiceStatus victim = victims[between(0, victims.size() - 1)];
            if (between(0, 1) == 0)
                kill_one(victim);
            else
                pause_one(victim);
        }
        if (kills_ != 0)
            say("killed " + std::to_string(kills_) + " and paused " + std::to_string(pauses_) +
                "; the longest way back took " + std::to_string(longest_ / 1ms) + " ms");
        return {};
    }

private:
    std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + random_() % (most - least + 1);
    }
    /// False: it is time to end.
    bool rest(mycelium::Duration duration) {
        (void)mycelium::wait(std::min(mycelium::after(duration), end_), service_);
        return !service_.is_stopping() && std::chrono::steady_clock::now() < end_;
    }
    std::vector<ServiceStatus> those_that_run() {
        std::vector<ServiceStatus> all;
        const auto status = control_.call({}, 1s, "status");
        if (!status) return all;
        for (const ServiceStatus& one : (*status)->services)
            if (one.state == "running" && one.pid != 0 && one.name != service_.name())
                all.push_back(one);
        return all;
    }

    void kill_one(const ServiceStatus& victim) {
        const auto killed = std::chrono::steady_clock::now();
        if (kill(static_cast<pid_t>(victim.pid), SIGKILL) != 0) return;
        ++kills_;
        const std::string what = "killed " + victim.name + " (pid " + std::to_string(victim.pid);
        while (!is_back(victim)) {
            if (std::chrono::steady_clock::now() >= killed + comes_back_within)
                return say(what + "); not back within " + std::to_string(comes_back_within / 1ms) +
                           " ms");
            if (!rest(2ms)) return say(what + "), and then its time was over");
        }
        const auto took = std::chrono::steady_clock::now() - killed;
        longest_ = std::max(longest_, took);
        say(what + "); back after " + std::to_string(took / 1ms) + " ms");
    }
    bool is_back(const ServiceStatus& victim) {
        for (const ServiceStatus& one : those_that_run())
            if (one.name == victim.name) return one.pid != victim.pid;
        return false;
    }

    void pause_one(const ServiceStatus& victim) {
        const auto pid = static_cast<pid_t>(victim.pid);
        if (kill(pid, SIGSTOP) != 0) return;
        ++pauses_;
        const std::uint64_t pause_ms = between(50, 500);
        (void)rest(std::chrono::milliseconds{pause_ms});
        kill(pid, SIGCONT);
        say("paused " + victim.name + " for " + std::to_string(pause_ms) + " ms");
    }

    static void say(const std::string& what) {
        std::fprintf(stderr, "mycelium-trading chaos: %s\n", what.c_str());
    }

    mycelium::Service& service_;
    FabricControl control_;
    mycelium::Instant end_;
    std::mt19937_64 random_;
    std::uint64_t kills_ = 0;
    std::uint64_t pauses_ = 0;
    mycelium::Duration longest_{0};
};

}  // namespace

Result<void> run_chaos(mycelium::Service& service, const Options& options) {
    const Job job = Job::of(service);
    MYCELIUM_TRY_ASSIGN(FabricControl control, fabric_control(service.node(), job.fabric));
    const auto end =
        options.seconds ? job.began() + *options.seconds - quiet_at_end : mycelium::never;
    Chaos chaos{service, std::move(control), end, std::random_device{}()};
    return chaos.run();
}

}  // namespace trading
