#include <sys/prctl.h>
#include <csignal>
#include <cstdio>
#include <vector>

#include "fabric_text.h"
#include "generated_recording.h"
#include "job.h"
#include "launch.h"
#include "output.h"

namespace {

using mycelium::Result;
using mycelium::Service;
using trading::Options;
using trading::Role;

mycelium::ServiceFunctions services_of(const Options& options) {
    return {
        {"coinbase", [&](Service& service) { return run_coinbase(service, options); }},
        {"pools", [&](Service& service) { return run_pools(service, options); }},
        {"strategy", trading::run_strategy},
        {"execution", trading::run_execution},
        {"table", [&](Service& service) { return run_table(service, options); }},
        {"chaos", [&](Service& service) { return run_chaos(service, options); }},
    };
}

/// One service, which nobody supervises.
Result<int> run_alone(const Options& options) {
    mycelium::RunOptions run;
    MYCELIUM_TRY_ASSIGN(run.text, trading::fabric_text(options, "trading"));
    run.file = "the job's fabric";
    run.mode = "processes";
    run.here = options.service;
    return mycelium::run(services_of(options), run);
}

/// The exit code.
Result<int> run(const Options& options) {
    if (mycelium::is_service_process()) return mycelium::run(services_of(options), {});
    switch (options.role) {
        case Role::service:
            return run_alone(options);
        case Role::generate:
            MYCELIUM_TRY(trading::write_output(trading::generated_recording(options.seed)));
            return 0;
        case Role::help:
            MYCELIUM_TRY(trading::write_output(trading::help_text));
            return 0;
        case Role::job:
            break;
    }
    return trading::launch(options, services_of(options));
}

int fail(const Options& options, const mycelium::Error& error, int code) {
    std::fprintf(stderr, "mycelium-trading%s: %s\n",
                 options.role == Role::generate ? " generate" : "", error.message().c_str());
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    trading::reserve_standard_descriptors();
    prctl(PR_SET_NAME, "mycelium-trading");
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    const auto options = Options::parse(arguments);
    if (!options) return fail({}, options.error(), 2);

    std::signal(SIGINT, SIG_DFL);  // ignored in the background of a script: it ends us all the same
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of the write
    const auto code = run(*options);
    return code ? *code : fail(*options, code.error(), 1);
}
