// Peer: a part being played beside the test, in a thread or in a process.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "eventually.h"
#include "part.h"

namespace mycelium::conformance {

enum class Deployment { threads, processes };

/// Move-only. Dropped, it is told the end and waited for; a process that does not end is killed.
class Peer {
public:
    /// A process is this very program, started anew with posix_spawn. Throws std::system_error.
    Peer(Deployment deployment, Part part);
    Peer(Peer&&) noexcept;
    ~Peer();

    void say(std::string_view line) { channel_->say(line); }
    /// The next line, or a note in angle brackets that none came.
    std::string hear(Duration limit = patience);
    /// Tells it the end and waits; its exit code, or minus the signal that ended it.
    int finish();

    // Processes only.
    pid_t pid() const noexcept { return pid_; }
    void signal(int number) const noexcept;
    /// SIGKILL, and waits until it is gone.
    void kill();

private:
    std::optional<int> wait(Duration limit);

    std::unique_ptr<Channel> channel_;
    std::unique_ptr<Channel> other_;  // the part's end, of a thread
    std::thread thread_;
    std::shared_ptr<int> thread_code_;
    pid_t pid_ = -1;
    std::optional<int> code_;
};

/// The command line's part, played on descriptor 3 by `player`; none: it is not one.
std::optional<int> play_if_asked(int argc, char** argv,
                                 int (*player)(const Part&, Channel&) = play);

}  // namespace mycelium::conformance
