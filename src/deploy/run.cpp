#include <mycelium/run.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>

#include "base/nearest.h"
#include "deploy/plan.h"
#include "deploy/relay_function.h"
#include "deploy/run_line.h"
#include "deploy/service_state.h"
#include "deploy/supervisor.h"
#include "host/os/log_file.h"
#include "host/os/poll.h"
#include "host/os/process.h"
#include "host/os/readiness.h"
#include "host/os/signals.h"
#include "host/os/standard_io.h"
#include "host/os/thread.h"

namespace mycelium {

namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

/// The program's name as it stands before what it says.
std::string program_name() {
    const std::vector<std::string> words = os::own_command_line();
    const std::string path = words.empty() ? "program" : words.front();
    return path.substr(path.rfind('/') + 1);
}

void say(const std::string& text) {
    // Several mistakes are several lines.
    const std::string name = program_name();
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        (void)os::write_fully(2, name + ": " + text.substr(at, end - at) + "\n");
        at = end + 1;
    }
}

std::vector<std::string> names_of(const ServiceFunctions& services) {
    std::vector<std::string> names;
    for (const auto& service : services) names.push_back(service.first);
    return names;
}

Result<ServiceFunction> function_of(const ServiceFunctions& services, const std::string& name) {
    for (const auto& service : services)
        if (service.first == name) return service.second;
    return Error{Errc::invalid, "this program has no service '" + name + "'" +
                                    base::did_you_mean(name, names_of(services))};
}

/// One function in this process, until it returns. SIGINT and SIGTERM ask it to.
Result<int> run_here(const ServiceFunction& function, deploy::ServiceState::Facts facts) {
    facts.ready = [] {
        if (const auto said = os::say_ready(); !said) say(said.error().message());
    };
    const std::string name = facts.name;
    MYCELIUM_TRY_ASSIGN(const auto state, deploy::ServiceState::create(std::move(facts)));
    MYCELIUM_TRY_ASSIGN(const os::StopSignal stop, os::StopSignal::create());
    MYCELIUM_TRY_ASSIGN(os::Flag over, os::Flag::create());
    MYCELIUM_TRY_ASSIGN(os::Thread watcher, os::Thread::start("stopper", [&] {
                            std::array polled{os::Polled{stop.fd()}, os::Polled{over.fd()}};
                            (void)os::poll(polled, never);
                            if (polled[0].is_ready) state->stop(false);
                        }));
    deploy::RunEnd end;
    {
        const os::RaisedAtEnd at_end{over};
        end = deploy::call(function, state);
    }
    watcher.join();
    if (!end.is_success) say(name + ": " + end.text);
    return end.is_success ? 0 : exit_failure;
}

/// Started by a supervisor, which says in the environment which function is meant. What it said is
/// for us alone, not for what we start.
std::optional<deploy::ServiceState::Facts> facts_from_environment() {
    const auto name = os::take_variable("MYCELIUM_RUN");
    if (!name) return std::nullopt;
    deploy::ServiceState::Facts facts;
    facts.name = *name;
    facts.links = deploy::Links::from_environment(os::own_environment());
    facts.arguments = deploy::split(os::take_variable("MYCELIUM_ARGUMENTS").value_or(""));
    return facts;
}

Result<deploy::FabricFile> file_of(const RunOptions& options,
                                   const std::vector<std::string>& names) {
    if (!options.text.empty())
        return deploy::parse_fabric(options.text, options.file.empty() ? "fabric" : options.file,
                                    names);
    if (!options.file.empty()) return deploy::read_fabric(options.file, names);
    deploy::FabricFile file =
        deploy::fabric_of(options.name.empty() ? program_name() : options.name, names);
    file.mode = deploy::Mode::threads;
    return file;
}

Result<deploy::Plan> plan_of(const RunOptions& options, const std::vector<std::string>& names) {
    MYCELIUM_TRY_ASSIGN(deploy::FabricFile file, file_of(options, names));
    if (!options.name.empty()) file.name = deploy::name_from(options.name);
    deploy::PlanOptions chosen;
    if (!options.mode.empty()) {
        MYCELIUM_TRY_ASSIGN(chosen.mode, deploy::mode_named(options.mode));
    }
    chosen.host = options.host;
    chosen.only = options.services;
    chosen.relays_are_functions = true;
    return deploy::Plan::make(std::move(file), chosen);
}

/// The service of a plan as if it were a process of its own, whatever the others are.
Result<int> run_one(const ServiceFunctions& services, const deploy::Plan& plan,
                    const RunOptions& options) {
    const deploy::Plan::Service* const known = plan.service(options.here);
    if (known == nullptr)
        return Error{Errc::invalid, "the fabric has no service '" + options.here + "' here" +
                                        base::did_you_mean(options.here, names_of(services))};
    deploy::Plan::Service service = *known;
    service.is_thread = false;
    deploy::ServiceState::Facts facts;
    facts.name = options.here;
    facts.links = plan.links_of(service);
    facts.arguments = options.arguments;
    const auto& own = service.spec.arguments;
    facts.arguments.insert(facts.arguments.end(), own.begin(), own.end());
    if (service.spec.relay)
        return run_here(deploy::relay_function(*service.spec.relay), std::move(facts));
    MYCELIUM_TRY_ASSIGN(const ServiceFunction function, function_of(services, options.here));
    return run_here(function, std::move(facts));
}

/// What a supervisor has started us for: a function of ours, or a relay.
Result<int> run_asked(const ServiceFunctions& services, deploy::ServiceState::Facts facts) {
    os::name_process(facts.name);
    if (const auto relay = os::take_variable("MYCELIUM_RELAY")) {
        MYCELIUM_TRY_ASSIGN(auto spec, deploy::relay_from(*relay));
        return run_here(deploy::relay_function(std::move(spec)), std::move(facts));
    }
    MYCELIUM_TRY_ASSIGN(const ServiceFunction function, function_of(services, facts.name));
    return run_here(function, std::move(facts));
}

Result<int> run_all(ServiceFunctions services, deploy::Plan plan, const RunOptions& options) {
    MYCELIUM_TRY_ASSIGN(const os::StopSignal stop, os::StopSignal::create());
    deploy::SupervisorOptions supervision;
    supervision.functions = std::move(services);
    supervision.program = os::own_command_line();
    supervision.program_path = "/proc/self/exe";  // also if another has been built meanwhile
    supervision.arguments = options.arguments;
    supervision.speaker = program_name();
    supervision.runs_relays = true;
    MYCELIUM_TRY_ASSIGN(const auto supervisor,
                        deploy::Supervisor::create(std::move(plan), std::move(supervision)));
    return supervisor->run(stop.fd());
}

Result<int> try_run(ServiceFunctions services, const RunOptions& options) {
    os::ensure_standard_streams();
    os::ignore_broken_pipes();
    if (auto facts = facts_from_environment()) return run_asked(services, *std::move(facts));
    MYCELIUM_TRY_ASSIGN(deploy::Plan plan, plan_of(options, names_of(services)));
    if (!options.here.empty()) return run_one(services, plan, options);
    return run_all(std::move(services), std::move(plan), options);
}

}  // namespace

bool is_service_process() noexcept { return std::getenv("MYCELIUM_RUN") != nullptr; }

int run(ServiceFunctions services, RunOptions options) {
    try {
        const auto code = try_run(std::move(services), options);
        if (code) return *code;
        say(code.error().message());
        return code.error().code() == Errc::invalid ? exit_usage : exit_failure;
    } catch (const std::bad_alloc&) {
        say("out of memory");
    } catch (const std::exception& error) {
        say(error.what());
    }
    return exit_failure;
}

int run(int argc, char** argv, ServiceFunctions services, RunOptions options) {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const std::vector<std::string> names = names_of(services);
    auto line = deploy::parse_run_line(words, std::move(options), names);
    if (!line) {
        say(line.error().message() + "; see --help");
        return exit_usage;
    }
    if (line->wants_help) {
        const std::string help = deploy::run_help(argc > 0 ? argv[0] : "program", names);
        return os::write_fully(os::standard_output, help) == 0 ? 0 : exit_failure;
    }
    return run(std::move(services), std::move(line->options));
}

}  // namespace mycelium
