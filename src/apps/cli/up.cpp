#include "apps/cli/up.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "apps/cli/report.h"
#include "deploy/plan.h"
#include "deploy/supervisor.h"
#include "host/os/process.h"
#include "host/os/signals.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "up";

/// A line for each mistake.
int refuse_file(const Error& error) {
    std::string_view text = error.message();
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        say(verb, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return error.code() == Errc::invalid ? exit_usage : exit_failure;
}

/// A path of the file's folder that holds wherever a service is started.
std::string absolute(const deploy::Plan& plan, const std::string& path) {
    const std::string resolved = plan.resolve(path);
    return resolved.starts_with('/') ? resolved : os::working_directory() + "/" + resolved;
}

std::string program_path(const deploy::Plan& plan) {
    const auto& words = plan.file().program;
    const bool is_path = !words.empty() && words.front().find('/') != std::string::npos;
    return is_path ? absolute(plan, words.front()) : std::string{};
}

/// Threads are threads of the program, so it takes our place.
Error become_program(const deploy::Plan& plan, const UpOptions& options) {
    std::vector<std::string> words = plan.file().program;
    if (const std::string path = program_path(plan); !path.empty()) words.front() = path;
    words.insert(words.end(), {"--fabric", options.file, "--mode", "threads"});
    words.insert(words.end(), options.services.begin(), options.services.end());
    return os::become_program(words);
}

Result<int> supervise(deploy::Plan plan) {
    MYCELIUM_TRY_ASSIGN(const os::StopSignal stop, os::StopSignal::create());
    deploy::SupervisorOptions supervision;
    supervision.program = plan.file().program;
    supervision.program_path = program_path(plan);
    supervision.program_folder = plan.file().folder;
    supervision.command_path = "/proc/self/exe";
    MYCELIUM_TRY_ASSIGN(const auto supervisor,
                        deploy::Supervisor::create(std::move(plan), std::move(supervision)));
    return supervisor->run(stop.fd());
}

}  // namespace

int run_up(const UpOptions& options) {
    auto file = deploy::read_fabric(options.file, std::nullopt);
    if (!file) return refuse_file(file.error());
    deploy::PlanOptions chosen;
    if (!options.mode.empty()) {
        const auto mode = deploy::mode_named(options.mode);
        if (!mode) return refuse_file(mode.error());
        chosen.mode = *mode;
    }
    chosen.host = options.host;
    chosen.only = options.services;
    const bool is_any_host_right =
        options.checks_only && options.host.empty() &&
        chosen.mode.value_or(file->mode.value_or(deploy::Mode::processes)) == deploy::Mode::hosts;
    if (is_any_host_right && !file->hosts.empty()) chosen.host = file->hosts.front().name;
    auto plan = deploy::Plan::make(*std::move(file), chosen);
    if (!plan) return refuse_file(plan.error());
    if (options.checks_only) return exit_success;
    if (plan->has_threads()) return fail(verb, become_program(*plan, options));
    const auto code = supervise(*std::move(plan));
    return code ? *code : fail(verb, code.error());
}

}  // namespace mycelium::cli
