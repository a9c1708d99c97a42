#include "apps/cli/serve.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/job.h"
#include "apps/cli/meeting.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "host/os/clock.h"
#include "host/os/signals.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "serve";

/// One run of the verb: a port and the commands that answer what came through it.
class Serving {
public:
    Serving(const ServeOptions& options, ReplierPort port, os::StopSignal stop)
        : options_(options), port_(std::move(port)), stop_(std::move(stop)) {
        limits_.timeout = options.timeout;
        limits_.answer_bytes_max = options.end.message_bytes_max;
    }

    Result<void> run() {
        say(verb, "serving " + joined(port_.urls()));
        Result<void> served;
        while (served && !(is_over() && jobs_.empty())) served = turn();
        say(verb,
            "answered " + count_of(answered_, "request") + ", failed " + std::to_string(failed_));
        return served;
    }

private:
    Result<void> turn();
    Result<void> take_requests();
    void take(RequestPort request);
    void advance_jobs();
    void note(const std::optional<Error>& failure);
    bool is_over() const { return stop_.came() || taken_ == limit_; }
    bool wants_more() const { return !is_over() && jobs_.size() < options_.jobs; }

    const ServeOptions& options_;
    ReplierPort port_;
    os::StopSignal stop_;
    JobLimits limits_;
    std::vector<Job> jobs_;
    std::vector<os::Polled> polled_;
    std::uint64_t limit_ = options_.count.value_or(UINT64_MAX);
    std::uint64_t taken_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t failed_ = 0;
};

/// Waits until there is something to do, and does it.
Result<void> Serving::turn() {
    Instant next = never;
    polled_.assign(1, {stop_.came() ? -1 : stop_.fd(), false, false});
    polled_.push_back({wants_more() ? port_.fd() : -1, false, false});
    const Instant now = os::now();
    for (const Job& job : jobs_) {
        job.add_to(polled_);
        next = std::min(next, job.next_look(now));
    }
    MYCELIUM_TRY(os::poll(polled_, next));
    MYCELIUM_TRY(check_dialled(port_));
    advance_jobs();
    return take_requests();
}

Result<void> Serving::take_requests() {
    while (wants_more()) {
        MYCELIUM_TRY_ASSIGN(auto request, port_.try_receive());
        if (!request) break;
        ++taken_;
        take(*std::move(request));
    }
    return {};
}

void Serving::take(RequestPort request) {
    if (options_.command) {
        auto job = Job::start(std::move(request), *options_.command, limits_, os::now());
        if (job)
            jobs_.push_back(*std::move(job));
        else
            note(job.error());
        return;
    }
    std::optional<Error> failure;
    if (!request.is_notification())
        if (auto answered = request.answer(request.question()); !answered)
            failure = answered.error();
    note(failure);
}

void Serving::advance_jobs() {
    const Instant now = os::now();
    for (Job& job : jobs_)
        if (stop_.came()) job.end(now, "the service is stopping");
    std::erase_if(jobs_, [&](Job& job) {
        const bool is_done = job.advance(now);
        if (is_done) note(job.failure());
        return is_done;
    });
}

void Serving::note(const std::optional<Error>& failure) {
    ++(failure ? failed_ : answered_);
    if (failure) say(verb, "a request failed: " + failure->message());
}

Result<int> serve(const ServeOptions& options) {
    MYCELIUM_TRY_ASSIGN(os::StopSignal stop, os::StopSignal::create());
    Node node = node_of(verb);
    ReplierOptions port_options;
    port_options.role = options.end.role;
    port_options.message_bytes_max = options.end.message_bytes_max;
    auto port = node.replier_port(options.end.urls, any_schema(), any_schema(), port_options);
    if (!port) return fail_to_open(verb, port.error());
    const auto served = Serving(options, *std::move(port), std::move(stop)).run();
    return served ? exit_success : fail_to_open(verb, served.error());
}

}  // namespace

int run_serve(const ServeOptions& options) {
    const auto served = serve(options);
    return served ? *served : fail(verb, served.error());
}

}  // namespace mycelium::cli
