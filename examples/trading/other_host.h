// OtherHost: in mode hosts, the part of the job that would run on the other host, here.
#pragma once

#include <sys/types.h>
#include <memory>
#include <optional>
#include <string>

#include <mycelium/result.h>

#include "job.h"
#include "options.h"

namespace trading {

/// This program once more. Told to end by the destructor, which waits for that. If it ends before
/// it is told to, whatever the cause, our own part is stopped: it would wait for ever. One thread,
/// besides its own.
class OtherHost {
public:
    /// `own_part`: the name by which our part's fabric is controlled. Errors: overloaded (no
    /// process).
    static mycelium::Result<OtherHost> start(const Options& options, const Job& job,
                                             std::string own_part);
    OtherHost(OtherHost&& other) noexcept;
    OtherHost& operator=(OtherHost&&) = delete;
    ~OtherHost();

    /// Our part has ended: the exit code of this one, 1 if it was the first to end, of which it
    /// says so.
    int end();

private:
    class Watch;
    OtherHost(pid_t pid, std::unique_ptr<Watch> watch) noexcept;

    pid_t pid_;
    std::unique_ptr<Watch> watch_;
};

/// The job of which this process is the other host's part; none: it is none.
std::optional<Job> job_from_environment();

}  // namespace trading
