#include <atomic>
#include <memory>
#include <utility>

#include "deploy/running.h"
#include "host/os/thread.h"

namespace mycelium::deploy {

namespace {

/// What the thread reports to. The listeners are of the loop's thread.
struct Ear {
    explicit Ear(Running::Listeners all) : listeners(std::move(all)) {}
    Running::Listeners listeners;
    RunEnd end;                          // the thread's until has_ended
    std::atomic<bool> has_ended{false};  // the releases of both pair with the acquires in look()
    std::atomic<bool> is_ready{false};
};

class ThreadRunning final : public Running {
public:
    explicit ThreadRunning(Listeners listeners)
        : ear_(std::make_shared<Ear>(std::move(listeners))) {}
    /// Waits for the function: whoever cannot wait must not destroy it.
    ~ThreadRunning() override = default;

    Result<void> start(os::Reactor& reactor, const ServiceFunction& function,
                       ServiceState::Facts facts) {
        const std::weak_ptr<Ear> weak = ear_;
        facts.ready = [&reactor, weak] {
            const auto ear = weak.lock();
            if (!ear) return;
            ear->is_ready.store(true, std::memory_order_release);
            reactor.nudge();
        };
        const std::string name = facts.name;
        MYCELIUM_TRY_ASSIGN(state_, ServiceState::create(std::move(facts)));
        MYCELIUM_TRY_ASSIGN(thread_, os::Thread::start(
                                         name,
                                         [&reactor, ear = ear_, function, state = state_] {
                                             ear->end = call(function, state);
                                             ear->has_ended.store(true, std::memory_order_release);
                                             reactor.nudge();
                                         },
                                         os::Thread::Signals::as_its_starter));
        reactor.post([weak] {
            if (const auto ear = weak.lock()) ear->listeners.started();
        });
        return {};
    }

    void look() override {
        // Looked at first: what was ready before it ended is told in this order.
        const bool has_ended = ear_->has_ended.load(std::memory_order_acquire);
        if (ear_->is_ready.exchange(false, std::memory_order_acquire)) ear_->listeners.ready();
        if (is_end_told_ || !has_ended) return;
        ear_->listeners.ended(ear_->end);
        is_end_told_ = true;
    }
    void terminate() override { state_->stop(false); }
    void kill() override { state_->stop(true); }
    bool is_closing() const noexcept override { return state_->is_closing(); }

private:
    std::shared_ptr<Ear> ear_;
    std::shared_ptr<ServiceState> state_;
    bool is_end_told_ = false;
    os::Thread thread_;
};

}  // namespace

Result<std::unique_ptr<Running>> run_thread(os::Reactor& reactor, const ServiceFunction& function,
                                            ServiceState::Facts facts,
                                            Running::Listeners listeners) {
    auto running = std::make_unique<ThreadRunning>(std::move(listeners));
    MYCELIUM_TRY(running->start(reactor, function, std::move(facts)));
    return std::unique_ptr<Running>{std::move(running)};
}

}  // namespace mycelium::deploy
