// Job: one request that a command answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/time.h>

#include "host/os/child.h"
#include "host/os/poll.h"

namespace mycelium::cli {

/// What holds a command in check.
struct JobLimits {
    Duration timeout =
        std::chrono::seconds{60};  ///< it is ended after this, or at the request's deadline
    Duration grace = std::chrono::seconds{1};  ///< between SIGTERM and SIGKILL
    std::uint64_t answer_bytes_max = limits::message_bytes_max;
    std::size_t error_bytes_max = 4 * KiB;  ///< of its standard error, the end is kept
};

/// The request's body goes to the command's standard input and what it writes becomes the answer; a
/// command that fails becomes an error answer with what it wrote to standard error. Ended early
/// when the request is cancelled or out of time. One thread; never blocks.
class Job {
public:
    /// Errors: overloaded; then the request has been answered with it.
    static Result<Job> start(RequestPort request, const std::string& command,
                             const JobLimits& limits, Instant now);

    /// Appends the descriptors to wait for.
    void add_to(std::vector<os::Polled>& polled) const;
    /// When to come back even if none of them is ready.
    Instant next_look(Instant now) const noexcept;
    /// Moves what can be moved. True: the request is answered and the command is gone.
    bool advance(Instant now);
    /// Asks the command to end; `reason` is the answer.
    void end(Instant now, std::string reason);

    /// Set once advance() returned true: why there was no answer.
    const std::optional<Error>& failure() const noexcept { return failure_; }

private:
    Job(RequestPort request, os::Child child, const JobLimits& limits, Instant now) noexcept;
    void feed();
    void collect_output(Instant now);
    void collect_errors();
    void keep_time(Instant now);
    void answer(const os::ChildEnd& end);
    void refuse(std::int64_t detail, std::string message);

    RequestPort request_;
    os::Child child_;
    JobLimits limits_;
    std::size_t fed_ = 0;  // bytes of the question
    std::shared_ptr<std::vector<std::byte>> output_;
    std::string errors_;
    Instant deadline_;
    std::optional<std::string> ended_;  // why we ended it
    std::optional<Instant> kill_at_;
    std::optional<Error> failure_;
};

}  // namespace mycelium::cli
