#include "deploy/supervisor.h"

#include <algorithm>
#include <utility>

#include "base/nearest.h"
#include "base/quantity.h"
#include "deploy/supervisor_control.h"
#include "deploy/supervisor_unit.h"
#include "host/os/children.h"
#include "host/os/clock.h"
#include "host/os/log_file.h"
#include "host/os/process.h"
#include "host/os/readiness.h"
#include "host/os/standard_io.h"
#include "host/os/user.h"

namespace mycelium::deploy {

namespace {

constexpr Duration between_tries = std::chrono::microseconds{100};  // if there is no memory

bool wants_colours() {
    const auto no_colour = os::variable("NO_COLOR");
    return os::is_terminal(os::standard_output) && (!no_colour || no_colour->empty());
}

/// Where a fabric is a service of another one, that one's links are none of its own.
std::vector<std::string> variables_of_fabrics() {
    std::vector<std::string> names{"MYCELIUM_RUN", "MYCELIUM_ARGUMENTS", "MYCELIUM_RELAY",
                                   "MYCELIUM_LINKS"};
    for (const std::string& entry : os::own_environment())
        if (entry.starts_with("MYCELIUM_LINK_") || entry.starts_with("MYCELIUM_BIND_"))
            names.push_back(entry.substr(0, entry.find('=')));
    return names;
}

}  // namespace

std::string_view name_of(Supervisor::State state) noexcept {
    switch (state) {
        case Supervisor::State::waiting:
            return "waiting";
        case Supervisor::State::starting:
            return "starting";
        case Supervisor::State::running:
            return "running";
        case Supervisor::State::backing_off:
            return "backing off";
        case Supervisor::State::stopping:
            return "stopping";
        case Supervisor::State::ended:
            return "ended";
        case Supervisor::State::failed:
            return "failed";
    }
    return "unknown";
}

Supervisor::Supervisor(Plan plan, SupervisorOptions options)
    : plan_(std::move(plan)), options_(std::move(options)) {}

Supervisor::~Supervisor() = default;

Result<std::unique_ptr<Supervisor>> Supervisor::create(Plan plan, SupervisorOptions options) {
    std::unique_ptr<Supervisor> supervisor{new Supervisor{std::move(plan), std::move(options)}};
    MYCELIUM_TRY(supervisor->prepare());
    return supervisor;
}

Result<void> Supervisor::prepare() {
    MYCELIUM_TRY_ASSIGN(reactor_, os::Reactor::create());
    OutputOptions output;
    output.speaker = options_.speaker;
    output.has_colours = wants_colours();
    for (const Plan::Service& service : plan_.services()) {
        const std::size_t number = output.services.size();
        output.services.push_back(service.spec.name);
        units_.push_back(std::make_unique<Unit>(service, number, os::random_number()));
        if (!service.is_started) units_.back()->state = State::ended;
    }
    constexpr std::size_t descriptors_each = 5, descriptors_else = 128;
    const std::size_t descriptors = descriptors_else + descriptors_each * units_.size();
    if (!os::make_room_for_descriptors(descriptors))
        return Error{Errc::overloaded, "so many services need " + std::to_string(descriptors) +
                                           " descriptors: raise the limit (ulimit -n)"};
    if (!plan_.file().logs.empty()) {
        output.logs = plan_.resolve(plan_.file().logs);
        MYCELIUM_TRY(os::make_folder(output.logs));
    }
    MYCELIUM_TRY_ASSIGN(output_, Output::create(output, [reactor = reactor_.get(), this] {
                            reactor->post([this] { pause_all(false); });
                        }));
    control_ = std::make_unique<Control>(*this);
    MYCELIUM_TRY(control_->open());
    foreign_variables_ = variables_of_fabrics();
    strangers_ = os::children::of(os::process_id());
    if (!plan_.has_threads()) os::become_subreaper();
    return {};
}

int Supervisor::run(int stop_fd) {
    os::Reactor::Watch watch = 0;
    const auto watched =
        reactor_->watch(stop_fd, os::Reactor::readable, [this, &watch](std::uint32_t) {
            reactor_->unwatch(std::exchange(watch, 0));
            stop_all();
        });
    if (!watched) {
        output_->say(watched.error().message());
        output_->finish();
        return 1;
    }
    watch = *watched;
    reactor_->set_tick(between_tries, [this] {
        advance();
        return false;
    });
    reactor_->nudge();
    reactor_->run();
    control_->close();
    output_->finish();
    const bool is_stuck = std::any_of(units_.begin(), units_.end(),
                                      [](const auto& unit) { return unit->is_given_up; });
    if (is_stuck) os::exit_at_once(1);
    const bool has_failed = std::any_of(units_.begin(), units_.end(), [](const auto& unit) {
        return unit->state == State::failed;
    });
    return has_failed ? 1 : 0;
}

Supervisor::Unit* Supervisor::unit(std::string_view name) noexcept {
    const auto found = std::find_if(units_.begin(), units_.end(),
                                    [&](const auto& unit) { return unit->name() == name; });
    return found == units_.end() ? nullptr : found->get();
}

bool Supervisor::is_down(const Unit& unit) const noexcept {
    return unit.is_given_up || (!unit.is_alive() && unit.state != State::backing_off);
}

/// A service that has ended well once counts as ready, one that failed does not.
bool Supervisor::may_start(const Unit& waiting) {
    return std::all_of(waiting.plan.after.begin(), waiting.plan.after.end(),
                       [this](const std::string& name) { return unit(name)->has_been_ready; });
}

/// Those that are after it go first.
bool Supervisor::may_stop(const Unit& stopped) const {
    return std::all_of(units_.begin(), units_.end(), [&](const auto& other) {
        return std::ranges::count(other->plan.after, stopped.name()) == 0 || is_down(*other);
    });
}

/// Nothing runs, and nothing will by itself: whoever waits now waits for one that has failed.
bool Supervisor::is_over() const noexcept {
    return std::all_of(units_.begin(), units_.end(), [&](const auto& unit) {
        return is_down(*unit) && (is_stopping_ || !unit->was_stopped_by_hand);
    });
}

/// With the reactor's tick, whenever it is nudged: what finds no memory is done again.
void Supervisor::advance() {
    for (const auto& unit : units_) settle(*unit);
    if (is_stopping_) {
        for (const auto& unit : units_)
            if (unit->is_alive() && unit->state != State::stopping && may_stop(*unit)) stop(*unit);
    } else {
        for (const auto& unit : units_)
            if (unit->state == State::waiting && may_start(*unit)) start(*unit);
        say_ready_once();
    }
    control_->look_for_answers();
    if (is_over()) reactor_->stop();
}

/// To systemd, or whoever has started us.
void Supervisor::say_ready_once() {
    const bool are_ready = std::all_of(units_.begin(), units_.end(), [](const auto& unit) {
        return unit->has_been_ready || !unit->plan.is_started;
    });
    if (!are_ready || std::exchange(has_said_ready_, true)) return;
    if (const auto said = os::say_ready(); !said) output_->say(said.error().message());
}

void Supervisor::stop_all() {
    if (std::exchange(is_stopping_, true)) return;
    for (const auto& unit : units_) {
        unit->starts_again = false;
        if (unit->is_alive()) continue;
        reactor_->cancel(std::exchange(unit->timer, 0));
        if (unit->state == State::waiting || unit->state == State::backing_off)
            unit->state = State::ended;
    }
    reactor_->nudge();
}

void Supervisor::set_timer(Unit& unit, Duration wait, std::function<void()> handler) {
    reactor_->cancel(unit.timer);
    unit.timer = reactor_->at(os::now() + wait, [&unit, handler = std::move(handler)] {
        unit.timer = 0;
        handler();
    });
}

void Supervisor::stop(Unit& unit) {
    if (!unit.is_alive() || unit.state == State::stopping) return;
    if (!unit.end) {  // else it has ended already, or is being buried
        set_timer(unit, unit.plan.spec.stop_within, [this, &unit] { kill(unit); });
        unit.run->terminate();
    }
    unit.state = State::stopping;
}

void Supervisor::kill(Unit& unit) {
    constexpr Duration thread_patience = std::chrono::seconds{1};  // with a function
    unit.was_killed = true;
    unit.run->kill();
    set_timer(unit, unit.plan.is_thread ? thread_patience : kernel_patience, [this, &unit] {
        if (!unit.run || !unit.run->is_closing()) return give_up(unit);
        set_timer(unit, kernel_patience, [this, &unit] { give_up(unit); });  // its node lingers
    });
}

void Supervisor::give_up(Unit& unit) {
    unit.is_given_up = true;
    reactor_->nudge();  // for those who wait for it
    output_->say(unit.number, unit.plan.is_thread
                                  ? "its function does not return; a thread cannot be killed"
                                  : "it cannot be ended, not even by SIGKILL");
}

void Supervisor::on_line(Unit& unit, std::string_view line) {
    constexpr Duration between_looks = std::chrono::seconds{1};
    output_->line(unit.number, line);
    if (const Instant now = os::now(); now - losses_looked_at_ >= between_looks) {
        losses_looked_at_ = now;
        output_->say_losses();
    }
    if (!is_paused_ && output_->is_full())
        reactor_->post([this] { pause_all(output_->is_full()); });
}

void Supervisor::pause_all(bool is_paused) {
    if (!is_paused) output_->say_losses();
    if (is_paused == is_paused_) return;
    is_paused_ = is_paused;
    for (const auto& unit : units_)
        if (unit->is_alive()) unit->run->pause(is_paused);
}

std::vector<pid_t> Supervisor::keepers() const {
    std::vector<pid_t> all = strangers_;
    for (const auto& unit : units_)
        if (unit->is_alive()) all.push_back(unit->run->keeper());
    return all;
}

/// Looked up in /proc at most every 100 ms, however often somebody asks.
const os::children::Usage& Supervisor::usage_of(Unit& unit) {
    constexpr Duration kept_for = std::chrono::milliseconds{100};
    const Instant now = os::now();
    if (now - unit.usage_taken >= kept_for || unit.usage_taken < unit.started) {
        unit.usage = os::children::usage_of(os::children::below(unit.run->keeper()));
        unit.usage_taken = now;
    }
    return unit.usage;
}

FabricStatus Supervisor::status() {
    FabricStatus status;
    status.name = plan_.control_name();
    status.mode = name_of(plan_.mode());
    status.pid = os::process_id();
    for (const auto& unit : units_) {
        ServiceStatus one;
        one.name = unit->name();
        one.state = name_of(unit->state);
        one.restarts = unit->restarts;
        one.last_end = unit->last_end;
        one.is_thread = unit->plan.is_thread;
        if (unit->is_alive()) {
            one.pid = unit->run->pid();
            one.up_ns = (os::now() - unit->started).count();
            if (unit->run->keeper() > 0) {
                const auto& usage = usage_of(*unit);
                one.processor_ns = usage.processor.count();
                one.memory_bytes = usage.resident_bytes;
            }
        }
        status.services.push_back(std::move(one));
    }
    return status;
}

Result<void> Supervisor::ask(std::string_view method, const std::string& service) {
    if (method == "status") return {};
    if (method == "down") {
        stop_all();
        return {};
    }
    if (is_stopping_) return Error{Errc::closed, "the fabric is going down"};
    Unit* const asked = unit(service);
    if (asked == nullptr)
        return Error{Errc::invalid, "fabric " + plan_.control_name() + " has no service '" +
                                        service + "'" +
                                        base::did_you_mean(service, plan_.file().service_names())};
    if (method == "start" && asked->is_alive() && asked->state != State::stopping)
        return Error{Errc::invalid, "service " + service + " is " +
                                        std::string{name_of(asked->state)} + " already"};
    asked->starts_again = method != "stop";
    asked->was_stopped_by_hand = method == "stop";
    if (asked->is_alive()) {
        stop(*asked);
        return {};
    }
    reactor_->cancel(std::exchange(asked->timer, 0));
    asked->state = State::ended;
    asked->end.reset();
    if (method == "stop") {
        asked->last_end = asked->last_end.empty() ? "stopped" : asked->last_end;
    } else {
        asked->policy.reset();
        start(*asked);
    }
    reactor_->nudge();
    return {};
}

}  // namespace mycelium::deploy
