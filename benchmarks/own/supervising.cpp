#include "benchmarks/own/supervising.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <mycelium/mycelium.h>

#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/samples.h"
#include "benchmarks/raw/twins.h"
#include "host/os/kept_process.h"
#include "host/os/standard_io.h"

namespace mycelium::bench {
namespace {

constexpr int settling_messages = 200;

std::string quoted(const std::string& word) {
    std::string text = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

os::KeptProcess start(std::vector<std::string> words) {
    os::Program program;
    program.words = std::move(words);
    return os::KeptProcess::start(program).value();
}

/// A service that says a thousand times a second which process it is.
class Beats {
public:
    explicit Beats(const std::string& command) : command_(command) {
        subscriber_ = node_.subscriber<Bytes>(url_).value();
    }

    std::vector<std::string> words() const {
        return {"sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$1\" pub \"$2\" --file \"$0\" --rate 1000 "
                "--count 1000000000",
                folder_.path() + "/beat",
                command_,
                url_};
    }
    /// A fabric of it alone.
    std::string fabric() const {
        const std::string path = folder_.path() + "/fabric.toml";
        std::ofstream file{path};
        file << "[fabric]\nname = " << quoted(name_) << "\n[service.beat]\ncommand = [";
        for (const std::string& word : words()) file << quoted(word) << ", ";
        file << "]\nrestarts_max = 100000\nbackoff = \"1ms\"\nbackoff_max = \"1ms\"\n";
        return path;
    }
    /// Waits for a message of another process than `before`: its pid.
    pid_t next(pid_t before) {
        for (;;) {
            const auto beat = subscriber_->receive_for(patience).value();
            const auto bytes = beat->span();
            const std::string text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
            if (const int pid = std::atoi(text.c_str()); pid > 0 && pid != before) return pid;
        }
    }
    /// A link that ends soon is dialled again with a grown pause: each run lives for a while.
    void settle() {
        for (int n = 0; n < settling_messages; ++n) subscriber_->receive_for(patience).value();
    }

private:
    TemporaryDirectory folder_;
    std::string command_;
    std::string name_ = folder_.path().substr(folder_.path().rfind('/') + 1);
    std::string url_ = "shm://" + name_ + "/beats";
    Node node_{"bench"};
    std::optional<Subscriber<Bytes>> subscriber_;
};

/// Reads what the supervisor says until the text is there.
void wait_for_text(int fd, std::string_view text) {
    std::string said;
    while (said.find(text) == std::string::npos) {
        if (os::wait_to_read(fd, -1, after(patience)).value() != os::Ready::now)
            throw std::runtime_error("the supervisor says nothing: " + said);
        std::array<std::byte, 4096> piece;
        const Io io = os::read_some(fd, piece);
        if (io.kind != Io::Kind::done) throw std::runtime_error("the supervisor ended: " + said);
        said.append(reinterpret_cast<const char*>(piece.data()), io.count);
    }
}

Measurement measure(const Plan& plan, const std::function<void(Samples&)>& body) {
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        Samples samples(plan);
        body(samples);
        samples.tell(arena.near);
    };
    return run_twins(twins, 60 + 4 * plan.seconds);
}

/// Kills the service again and again; `seen`: waits for what is timed.
void kill_supervised(const std::string& command, Samples& samples,
                     const std::function<void(Beats&, os::KeptProcess&, pid_t)>& seen) {
    Beats beats{command};
    os::KeptProcess up = start({command, "up", beats.fabric()});
    for (pid_t pid = 0; !samples.is_done();) {
        pid = beats.next(pid);
        beats.settle();
        const std::uint64_t killed = now_ns();
        if (::kill(pid, SIGKILL) != 0) throw std::runtime_error("the service had ended by itself");
        seen(beats, up, pid);
        samples.add(now_ns() - killed);
    }
}

}  // namespace

Measurement own_death_seen(const std::string& command, const Plan& plan) {
    return measure(plan, [&](Samples& samples) {
        kill_supervised(command, samples, [](Beats&, os::KeptProcess& up, pid_t) {
            wait_for_text(up.errors(), "was killed by signal 9");
        });
    });
}

Measurement own_restart(const std::string& command, const Plan& plan) {
    return measure(plan, [&](Samples& samples) {
        kill_supervised(command, samples,
                        [](Beats& beats, os::KeptProcess&, pid_t killed) { beats.next(killed); });
    });
}

Measurement own_start(const std::string& command, const Plan& plan) {
    return measure(plan, [&](Samples& samples) {
        Beats beats{command};
        for (pid_t pid = 0; !samples.is_done();) {
            const std::uint64_t started = now_ns();
            os::KeptProcess alone = start(beats.words());
            pid = beats.next(pid);
            samples.add(now_ns() - started);
            beats.settle();
        }
    });
}

}  // namespace mycelium::bench
