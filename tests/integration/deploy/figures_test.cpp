// How fast a supervisor is. Figures are printed, none is asserted.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <mycelium/mycelium.h>

#include "host/os/clock.h"
#include "host/os/kept_process.h"
#include "host/os/standard_io.h"

namespace mycelium {
namespace {

using namespace std::chrono_literals;

struct Count {
    std::uint64_t number;
};
MYCELIUM_FLAT(Count, number);

constexpr int rounds = 30;

os::KeptProcess run(std::vector<std::string> words) {
    os::Program program;
    program.words = std::move(words);
    return os::KeptProcess::start(program).value();
}

/// Waits for the first message of another process than `before`; its number is that one's pid.
std::uint64_t next_pid(Subscriber<Count>& beats, std::uint64_t before) {
    for (;;) {
        const auto beat = beats.receive_until(after(60s));
        if (!beat) throw BadResult{beat.error()};
        if ((*beat)->number != before) return (*beat)->number;
    }
}

/// A link that ends soon is dialled again with a grown pause: each run lives for a while.
void settle(Subscriber<Count>& beats) {
    for (int n = 0; n < 200; ++n)
        if (const auto beat = beats.receive_until(after(60s)); !beat) throw BadResult{beat.error()};
}

/// Reads what the supervisor says until the text is there.
void wait_for_text(int fd, std::string_view text) {
    std::string said;
    while (said.find(text) == std::string::npos) {
        ASSERT_EQ(os::wait_to_read(fd, -1, after(60s)).value(), os::Ready::now);
        std::array<std::byte, 4096> piece;
        const Io io = os::read_some(fd, piece);
        ASSERT_EQ(io.kind, Io::Kind::done) << said;
        said.append(reinterpret_cast<const char*>(piece.data()), io.count);
    }
}

void print(const char* what, std::vector<Duration> times) {
    std::sort(times.begin(), times.end());
    const auto ms = [](Duration time) {
        return std::chrono::duration<double, std::milli>(time).count();
    };
    std::printf("%-55s p50 %6.2f ms, max %6.2f ms\n", what, ms(times[times.size() / 2]),
                ms(times.back()));
}

TEST(Figures, reaction_and_restart) {
    const std::string name = "figures-" + std::to_string(::getpid());
    const std::string path = "/tmp/mycelium-" + name + ".toml";
    std::ofstream{path} << "[fabric]\nname = \"" << name << "\"\nprogram = [\"" << MYCELIUM_SERVICES
                        << "\"]\n[service.quick]\nrestarts_max = 1000\nbackoff = \"1ms\"\n"
                           "backoff_max = \"1ms\"\n";
    Node node{"figures"};
    auto beats = node.subscriber<Count>("shm://" + name + "/beats").value();
    std::vector<Duration> own, reactions, restarts;
    std::uint64_t pid = 0;
    for (int n = 0; n < rounds; ++n) {  // the service's own start, without a supervisor
        const Instant start = os::now();
        os::KeptProcess alone = run({MYCELIUM_SERVICES, "--fabric", path, "--service", "quick"});
        pid = next_pid(beats, pid);
        own.push_back(os::now() - start);
        settle(beats);
    }
    os::KeptProcess up = run({MYCELIUM_COMMAND, "up", path});
    pid = next_pid(beats, pid);
    for (int n = 0; n < rounds; ++n) {
        settle(beats);
        const Instant killed = os::now();
        ASSERT_EQ(::kill(static_cast<pid_t>(pid), SIGKILL), 0);
        wait_for_text(up.errors(), "was killed by signal 9");
        reactions.push_back(os::now() - killed);
        pid = next_pid(beats, pid);
        restarts.push_back(os::now() - killed);
    }
    print("service's own start to first message received", own);
    print("death to the supervisor's line about it", reactions);
    print("death to first message of the restarted service", restarts);
    ::unlink(path.c_str());
}

}  // namespace
}  // namespace mycelium
