#include "deploy/supervisor_control.h"

#include <algorithm>
#include <utility>

#include "deploy/supervisor_unit.h"

namespace mycelium::deploy {

namespace {

constexpr std::size_t waiting_max = 1000;

}  // namespace

Supervisor::Control::Control(Supervisor& supervisor) : supervisor_(supervisor) {
    NodeOptions options;
    options.name = supervisor.plan_.control_name() + " supervisor";
    options.log = [](std::string_view) {};  // of clients that come and go
    node_.emplace(std::move(options));
}

Result<void> Supervisor::Control::open() {
    const std::string name = supervisor_.plan_.control_name();
    auto replier = node_->replier<ControlQuestion, FabricStatus>(control_url(name));
    if (!replier)
        return Error{Errc::unavailable,
                     "fabric " + name + " cannot be controlled here: " + replier.error().message() +
                         "; mycelium down " + name + " ends one that is up"};
    replier_ = *std::move(replier);
    MYCELIUM_TRY_ASSIGN(watch_, supervisor_.reactor_->watch(replier_->fd(), os::Reactor::readable,
                                                            [this](std::uint32_t) { receive(); }));
    return {};
}

void Supervisor::Control::receive() {
    while (auto request = replier_->try_receive()) {
        const std::string method{request->method()};
        static const std::vector<std::string> methods{"status", "start", "stop", "restart", "down"};
        if (std::ranges::count(methods, method) == 0) {
            (void)request->fail(static_cast<std::int64_t>(Errc::invalid),
                                "there is no method '" + method + "'");
            continue;
        }
        if (waiting_.size() >= waiting_max) {
            (void)request->fail(static_cast<std::int64_t>(Errc::overloaded),
                                "too many others wait for an answer");
            continue;
        }
        const std::string service = request->question().service;
        const auto asked = supervisor_.ask(method, service);
        if (!asked)
            (void)request->fail(static_cast<std::int64_t>(asked.error().code()),
                                asked.error().message());
        else if (method == "status")
            answer(*request);
        else
            waiting_.push_back({*std::move(request), supervisor_.unit(service)});
    }
    look_for_answers();
}

void Supervisor::Control::answer(Request& request) { (void)request.answer(supervisor_.status()); }

void Supervisor::Control::look_for_answers() {
    std::erase_if(waiting_, [this](Waiting& one) {
        if (one.unit == nullptr) return one.request.is_cancelled();  // down: answered by close()
        const State state = one.unit->state;
        const bool is_under_way =
            !one.unit->is_given_up && (state == State::stopping || state == State::starting);
        if (!is_under_way) answer(one.request);
        return !is_under_way;
    });
}

void Supervisor::Control::close() {
    for (Waiting& one : waiting_) answer(one.request);
    waiting_.clear();
    if (watch_ != 0) supervisor_.reactor_->unwatch(watch_);
    replier_.reset();
    node_.reset();
}

}  // namespace mycelium::deploy
