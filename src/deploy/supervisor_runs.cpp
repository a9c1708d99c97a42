// From a run's start to its end.
#include <algorithm>
#include <new>
#include <utility>

#include "base/quantity.h"
#include "deploy/relay_function.h"
#include "deploy/supervisor.h"
#include "deploy/supervisor_control.h"
#include "deploy/supervisor_unit.h"
#include "host/os/clock.h"

namespace mycelium::deploy {

namespace {

using namespace std::chrono_literals;

/// "40 ms", "2.5 s".
std::string rounded(Duration duration) {
    const auto ms = (duration + 500us) / 1ms;
    if (ms < 1000) return std::to_string(ms) + " ms";
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

}  // namespace

std::vector<std::string> Supervisor::arguments_of(const Unit& unit) const {
    std::vector<std::string> all = options_.arguments;
    const auto& own = unit.plan.spec.arguments;
    all.insert(all.end(), own.begin(), own.end());
    return all;
}

std::vector<std::string> Supervisor::relay_command(const RelaySpec& relay,
                                                   const Links& links) const {
    std::vector<std::string> words{"mycelium", "relay", "--domain", relay.domain};
    const auto add = [&](const char* option, const std::vector<Reference>& names) {
        for (const Reference& link : names)
            if (const auto urls = links.bind(link.name))
                for (const std::string& url : *urls) words.insert(words.end(), {option, url});
    };
    add("--in", relay.in);
    add("--out", relay.out);
    add("--control", relay.control);
    if (relay.block_max)
        words.insert(words.end(), {"--block-max", base::text_of(*relay.block_max)});
    return words;
}

os::Program Supervisor::program_of(const Unit& unit) const {
    const ServiceSpec& spec = unit.plan.spec;
    os::Program program;
    program.environment = plan_.environment_of(unit.plan);
    program.removed = foreign_variables_;
    program.keeps_output = plan_.file().keeps_output;
    if (spec.is_function() || (spec.relay && options_.runs_relays)) {
        program.words = options_.program;
        program.path = options_.program_path;
        program.directory = options_.program_folder;
        program.environment.push_back("MYCELIUM_RUN=" + spec.name);
        program.environment.push_back("MYCELIUM_ARGUMENTS=" + joined(arguments_of(unit)));
        if (spec.relay) program.environment.push_back("MYCELIUM_RELAY=" + text_of(*spec.relay));
    } else {
        program.words =
            spec.relay ? relay_command(*spec.relay, plan_.links_of(unit.plan)) : spec.command;
        program.directory = plan_.file().folder;
        if (spec.relay) program.path = options_.command_path;
    }
    if (!spec.directory.empty()) program.directory = plan_.resolve(spec.directory);
    return program;
}

Running::Listeners Supervisor::listeners_of(Unit& unit) {
    return {[this, &unit] { on_started(unit); }, [this, &unit] { on_ready(unit); },
            [this, &unit](std::string_view line) { on_line(unit, line); },
            [this, &unit](const RunEnd& end) { on_left(unit, end); },
            [this, &unit](const RunEnd& end) { on_ended(unit, end); }};
}

Result<std::unique_ptr<Running>> Supervisor::run_unit(Unit& unit) {
    const ServiceSpec& spec = unit.plan.spec;
    if (!unit.plan.is_thread)
        return run_process(*reactor_, program_of(unit), spec.is_ready_when_it_says,
                           listeners_of(unit));
    ServiceFunction function;
    for (const auto& known : options_.functions)
        if (known.first == spec.name) function = known.second;
    if (spec.relay) function = relay_function(*spec.relay);
    ServiceState::Facts facts;
    facts.name = spec.name;
    facts.arguments = arguments_of(unit);
    facts.links = plan_.links_of(unit.plan);
    facts.warning = [this, number = unit.number](std::string_view line) {
        reactor_->post([this, number, text = std::string{line}] { output_->say(number, text); });
    };
    return run_thread(*reactor_, function, std::move(facts), listeners_of(unit));
}

/// False: not started, which is an end like others.
bool Supervisor::try_run(Unit& unit) {
    try {
        auto run = run_unit(unit);
        if (run) unit.run = *std::move(run);
        if (!run) unit.end = RunEnd{false, "could not be started: " + run.error().message()};
    } catch (const std::bad_alloc&) {
        unit.end = RunEnd{false, "out of memory"};
    }
    return unit.is_alive();
}

void Supervisor::start(Unit& unit) {
    unit.starts_again = unit.was_killed = unit.was_stopped_by_hand = unit.has_left = false;
    unit.started = os::now();
    unit.state = State::starting;
    if (!try_run(unit)) return reactor_->nudge();
    if (is_paused_) unit.run->pause(true);
    if (!unit.plan.spec.is_ready_when_it_says) return on_ready(unit);
    set_timer(unit, unit.plan.spec.ready_within, [this, &unit] {
        output_->say(unit.number, "has not said within " +
                                      base::text_of(unit.plan.spec.ready_within) +
                                      " that it is ready; those after it are started");
        on_ready(unit);
    });
}

void Supervisor::on_started(Unit& unit) {
    if (plan_.file().says_only_trouble) return;
    output_->say(unit.number, unit.plan.is_thread
                                  ? "started"
                                  : "started, pid " + std::to_string(unit.run->pid()));
}

void Supervisor::on_ready(Unit& unit) {
    if (unit.state != State::starting) return;
    if (!unit.has_left) reactor_->cancel(std::exchange(unit.timer, 0));
    unit.state = State::running;
    unit.has_been_ready = true;
    reactor_->nudge();
}

/// Mostly the rest is gone at once and nobody hears of it.
void Supervisor::on_left(Unit& unit, const RunEnd& end) {
    unit.has_left = true;
    if (unit.state == State::stopping) return;  // which has a clock
    set_timer(unit, 1s, [this, &unit, text = end.text] {
        output_->say(unit.number, text + "; what it left behind is being ended");
        set_timer(unit, kernel_patience, [this, &unit] { give_up(unit); });
    });
}

void Supervisor::on_ended(Unit& unit, const RunEnd& end) {
    unit.end = end;
    reactor_->nudge();  // not from here: the run is calling us
}

/// Deals with an end, once.
void Supervisor::settle(Unit& unit) {
    unit.last_run.reset();
    if (unit.run) unit.run->look();
    if (!unit.end || (unit.run && !is_buried(unit))) return;
    unit.burial_pause = {};
    reactor_->cancel(std::exchange(unit.timer, 0));
    if (unit.run) unit.last_run = std::move(unit.run);
    RunEnd end = *std::move(unit.end);
    unit.end.reset();
    try {
        conclude(unit, end);
    } catch (const std::bad_alloc&) {
        if (!unit.is_alive()) unit.end = std::move(end);
        throw;
    }
}

/// If its keeper was killed, what it left came to us. It is down when all that is.
bool Supervisor::is_buried(Unit& unit) {
    constexpr Duration first_pause = 1ms, last_pause = 1s;
    if (!unit.run->has_lost_keeper() || plan_.has_threads()) return true;
    if (os::end_children_except(keepers())) return true;
    const Instant now = os::now();
    if (unit.burial_pause == Duration{}) unit.burial_began = now;
    unit.burial_pause = std::clamp(unit.burial_pause * 2, first_pause, last_pause);
    set_timer(unit, unit.burial_pause, [this] { reactor_->nudge(); });
    if (now - unit.burial_began >= kernel_patience && !unit.is_given_up) give_up(unit);
    return false;
}

void Supervisor::conclude(Unit& unit, const RunEnd& end) {
    const Instant now = os::now();
    reactor_->nudge();  // for those who wait for it
    unit.is_given_up = false;
    unit.last_end = end.text;
    const bool was_asked = unit.state == State::stopping;
    if (was_asked) {
        unit.last_end = unit.was_killed ? "was killed: it did not end within " +
                                              base::text_of(unit.plan.spec.stop_within)
                                        : "stopped";
        if (unit.was_killed || !plan_.file().says_only_trouble)
            output_->say(unit.number, unit.last_end);
        unit.state = State::ended;
        if (unit.starts_again && !is_stopping_) {
            unit.policy.reset();
            ++unit.restarts;
            start(unit);
        }
        return;
    }
    if (end.is_success && unit.plan.spec.stops_all_when_done && !is_stopping_) {
        unit.state = State::ended;
        if (!plan_.file().says_only_trouble) output_->say(unit.number, end.text + "; all is done");
        reactor_->post([this] { stop_all(); });
        return;
    }
    const auto verdict = unit.policy.ended(unit.started, now, end.is_success);
    using What = mesh::RestartPolicy::Verdict::What;
    if (verdict.what == What::restart && !is_stopping_) {
        back_off(unit, end, verdict);
    } else if (verdict.what == What::failed && !is_stopping_) {
        unit.state = State::failed;
        output_->say(unit.number,
                     end.text + (verdict.restarts == 0
                                     ? std::string{"; FAILED"}
                                     : "; FAILED: " + base::count_of(verdict.restarts, "restart") +
                                           " in " + base::text_of(unit.plan.spec.restart.window)));
    } else {
        unit.state = State::ended;
        unit.has_been_ready |= end.is_success;
        if (!end.is_success || !plan_.file().says_only_trouble) output_->say(unit.number, end.text);
    }
}

void Supervisor::back_off(Unit& unit, const RunEnd& end,
                          const mesh::RestartPolicy::Verdict& verdict) {
    unit.state = State::backing_off;
    ++unit.restarts;
    output_->say(unit.number, end.text + " (restart " + std::to_string(verdict.restarts) + " in " +
                                  rounded(verdict.wait) + ")");
    set_timer(unit, verdict.wait, [this, &unit] {
        start(unit);
        reactor_->nudge();
    });
}

}  // namespace mycelium::deploy
