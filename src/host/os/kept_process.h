// KeptProcess: a program with an undertaker, a process of its own that ends all the program leaves.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mycelium/result.h>

#include "host/os/child.h"
#include "host/os/fd.h"
#include "host/os/kernel.h"

namespace mycelium::os {

/// What is started, and how. No shell.
struct Program {
    std::vector<std::string> words;        ///< its arguments, from its name on
    std::string path;                      ///< empty: words[0], looked for in PATH if it has no '/'
    std::string directory;                 ///< empty: ours
    std::vector<std::string> environment;  ///< "NAME=value" on top of ours
    std::vector<std::string> removed;      ///< names of variables that are not passed on
    bool keeps_output = false;  ///< it writes where this process does; there are no pipes
};

/// One run of a program. Its standard input is empty. Between us and it stands its keeper: a fork
/// of this process in a session of its own, to which everything comes that the program leaves
/// without a parent, however it forked. When the program ends, the keeper ends all the rest, and
/// then itself; it does so too when this process, or the thread that called start(), dies. A keeper
/// that is killed takes the program with it. One thread at a time. Moves only.
class KeptProcess {
public:
    /// invalid: no words. overloaded: no more processes, descriptors or memory. A program that
    /// cannot be run says why on its standard error and exits with status 127.
    static Result<KeptProcess> start(const Program& program, Kernel kernel = this_kernel());
    KeptProcess(KeptProcess&& other) noexcept;
    KeptProcess& operator=(KeptProcess&& other) noexcept;
    /// Ends it and all it started, and waits for that.
    ~KeptProcess();

    /// Our ends of its pipes, non-blocking; -1: it keeps our output.
    int output() const noexcept { return output_.get(); }
    int errors() const noexcept { return errors_.get(); }
    /// Readable when try_wait() has something to look at: at the start, when the program has ended,
    /// and when all has; then for good.
    int news() const noexcept { return news_.get(); }
    /// Of the program; 0: try_wait() has not learnt it yet.
    pid_t pid() const noexcept { return pid_; }
    pid_t keeper() const noexcept { return keeper_; }

    /// Asks the program's process group to end (SIGTERM); or ends the program and all it started.
    void terminate() noexcept;
    void kill() noexcept;
    /// None: something of it still runs. Afterwards nothing does; but see was_keeper_killed().
    std::optional<ChildEnd> try_wait() noexcept;
    /// How the program itself ended, as far as try_wait() has learnt it: what it left may still be
    /// there. None: it runs, or nobody knows.
    std::optional<ChildEnd> programs_end() const noexcept;
    /// Somebody killed the keeper: what the program left now belongs to this process, if it is a
    /// subreaper; see end_children_except().
    bool was_keeper_killed() const noexcept { return was_keeper_killed_; }

private:
    KeptProcess() = default;
    void end() noexcept;
    bool read_news() noexcept;

    pid_t keeper_ = -1;  // not yet waited for
    pid_t pid_ = 0;
    std::uint32_t generation_ = 0;
    std::optional<int> status_;  // of the program, as wait() gives it
    bool is_over_ = false;       // the keeper has ended all
    bool was_keeper_killed_ = false;
    Fd output_, errors_, news_;
};

/// From now on what descendants leave behind comes to this process.
void become_subreaper() noexcept;
/// Kills every child of this process that is not among `kept`, and waits for those that have ended.
/// True: there was none; false: look again. Children that the caller's program started itself
/// are among them.
bool end_children_except(std::span<const pid_t> kept, Kernel kernel = this_kernel());

}  // namespace mycelium::os
