// Running: one run of a service, as a process or as a thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <mycelium/result.h>
#include <mycelium/run.h>

#include "deploy/service_state.h"
#include "host/os/kept_process.h"
#include "host/os/reactor.h"

namespace mycelium::deploy {

/// Belongs to the loop's thread, which its listeners are called by too. `ended` is the last call,
/// and the listener may not destroy the run within it.
class Running {
public:
    struct Listeners {
        std::function<void()> started;
        std::function<void()> ready;
        std::function<void(std::string_view line)> line;
        /// The program has ended, but what it left is still being ended.
        std::function<void(const RunEnd&)> left;
        std::function<void(const RunEnd&)> ended;
    };
    virtual ~Running() = default;
    /// Of a thread: tells that it is ready, and its end, which the reactor was nudged for.
    virtual void look() {}
    /// Asks it to end; or ends it with all it started, as far as that is possible.
    virtual void terminate() = 0;
    virtual void kill() = 0;
    /// While paused, what it writes is not read.
    virtual void pause(bool) {}
    /// A thread's function has returned: only its node still hands over what it has.
    virtual bool is_closing() const noexcept { return false; }
    virtual pid_t pid() const noexcept { return 0; }     ///< 0: not known yet, or a thread
    virtual pid_t keeper() const noexcept { return 0; }  ///< 0: a thread
    /// What it left may be among our children; see os::end_children_except().
    virtual bool has_lost_keeper() const noexcept { return false; }
};

/// Errors: overloaded. A listener for the end that finds no memory is called again.
Result<std::unique_ptr<Running>> run_process(os::Reactor& reactor, os::Program program,
                                             bool waits_for_ready, Running::Listeners listeners);
/// `facts.ready` is set here. What it does nudges the reactor, whose tick has to call look().
Result<std::unique_ptr<Running>> run_thread(os::Reactor& reactor, const ServiceFunction& function,
                                            ServiceState::Facts facts,
                                            Running::Listeners listeners);

}  // namespace mycelium::deploy
