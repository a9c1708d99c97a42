#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/samples.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

/// From the kill to the return of waitpid.
std::uint64_t death_of_child() {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "no process");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (::getppid() == parent) ::pause();
        ::_exit(1);
    }
    const std::uint64_t killed = now_ns();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return now_ns() - killed;
}

}  // namespace

Measurement raw_death(const Plan& plan) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        Samples samples(plan);
        while (!samples.is_done()) samples.add(death_of_child());
        samples.tell(arena.near);
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
