#include "nursery.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <sstream>

#include "victims.h"

namespace mycelium::attack {

using conformance::Channel;
using conformance::Part;

namespace {

/// The nursery's victim.
class Victim {
public:
    Victim(const std::string& role, const std::string& urls, std::uint64_t step, VictimState& state,
           const Channel& channel)
        : state_(state) {
        state_.steps.store(0);
        state_.may_go.store(false);
        pid_ = ::fork();
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(channel.fd());
        ::_exit(be_victim(role, urls, step, state));
    }
    /// What became of it since it was last asked; empty: nothing.
    std::string news() {
        int status = 0;
        if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG | WUNTRACED) != pid_) return {};
        const std::string steps = " " + std::to_string(state_.steps.load());
        if (WIFSTOPPED(status)) return "stopped 0" + steps;
        pid_ = -1;
        return "ended " +
               std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)) + steps;
    }
    void signal(int number) {
        if (pid_ > 0) ::kill(pid_, number);
    }
    /// Was it alive?
    bool kill() {
        if (pid_ <= 0) return false;
        ::kill(pid_, SIGKILL);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFSIGNALED(status);
    }

private:
    VictimState& state_;
    pid_t pid_ = -1;
};

}  // namespace

int play_nursery(const Part&, Channel& channel) {
    void* const memory = ::mmap(nullptr, sizeof(VictimState), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    auto& state = *new (memory) VictimState;
    std::optional<Victim> victim;
    while (!channel.has_ended()) {
        if (victim)
            if (const std::string news = victim->news(); !news.empty()) channel.say(news);
        const auto line = channel.hear(victim ? std::chrono::milliseconds{1} : Duration::max());
        if (!line) continue;
        std::istringstream words{*line};
        std::string verb, role, urls;
        std::uint64_t step = 0;
        words >> verb >> role >> urls >> step;
        if (verb == "start") {
            victim.emplace(role, urls, step, state, channel);
        } else if (verb == "go") {
            state.may_go.store(true);
        } else if (victim && verb == "stop") {
            victim->signal(SIGSTOP);
        } else if (victim && verb == "continue") {
            victim->signal(SIGCONT);
        } else if (victim) {
            const bool was_alive = victim->kill();
            victim.reset();
            channel.say(was_alive ? "killed" : "killed too late");
        }
    }
    if (victim) victim->kill();
    return 0;
}

void Nursery::start(const std::string& role, const std::string& urls, std::uint64_t step) {
    peer_.say("start " + role + " " + urls + " " + std::to_string(step));
}

std::optional<Nursery::News> Nursery::news(Duration limit) {
    std::istringstream words{peer_.hear(limit)};
    std::string what;
    News news;
    words >> what >> news.code >> news.steps;
    if (what != "stopped" && what != "ended") return std::nullopt;
    news.has_stopped = what == "stopped";
    return news;
}

bool Nursery::kill() {
    peer_.say("kill");
    while (true) {
        const std::string line = peer_.hear();
        if (line.rfind("killed", 0) == 0 || line.front() == '<') return line == "killed";
    }
}

}  // namespace mycelium::attack
