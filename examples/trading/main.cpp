#include <sys/prctl.h>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "generated_recording.h"
#include "output.h"
#include "services.h"
#include "stop_signal.h"

namespace {

using trading::Options;
using trading::Role;

/// The exit code.
mycelium::Result<int> run(const Options& options, std::span<const std::string_view> arguments) {
    switch (options.role) {
        case Role::adapter:
            MYCELIUM_TRY(run_adapter(options));
            break;
        case Role::strategy:
            MYCELIUM_TRY(run_strategy(options));
            break;
        case Role::table:
            MYCELIUM_TRY(run_table(options));
            break;
        case Role::generate:
            MYCELIUM_TRY(trading::write_output(trading::generated_recording(options.seed)));
            break;
        case Role::help:
            MYCELIUM_TRY(trading::write_output(trading::help_text));
            break;
        case Role::launcher:
            return run_launcher(options, arguments);
    }
    return 0;
}

int fail(Role role, const mycelium::Error& error, int code) {
    const std::string_view part = name_of(role);
    std::fprintf(stderr, "mycelium-trading%s%.*s: %s\n", part.empty() ? "" : " ",
                 static_cast<int>(part.size()), part.data(), error.message().c_str());
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    trading::reserve_standard_descriptors();
    prctl(PR_SET_NAME, "mycelium-trading");  // the launcher starts us as /proc/self/exe
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    const auto options = Options::parse(arguments);
    if (!options) return fail(Role::launcher, options.error(), 2);

    trading::block_stop_signals();
    std::signal(SIGINT, SIG_DFL);  // ignored in the background of a script: it ends us all the same
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of the write
    const auto code = run(*options, arguments);
    return code ? *code : fail(options->role, code.error(), 1);
}
