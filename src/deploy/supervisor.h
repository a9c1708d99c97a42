// Supervisor: starts a plan's services in order, restarts what ends, stops all in reverse order.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/run.h>

#include "core/mesh/restart.h"
#include "deploy/control.h"
#include "deploy/output.h"
#include "deploy/plan.h"
#include "deploy/running.h"
#include "host/os/children.h"
#include "host/os/reactor.h"

namespace mycelium::deploy {

struct SupervisorOptions {
    ServiceFunctions functions;  ///< of services that are threads
    /// Relays are functions of `program`, as it were; else processes of the mycelium command.
    bool runs_relays = false;
    std::vector<std::string> program;  ///< words that start this executable's functions
    std::string program_path;          ///< empty: program's first word
    std::string program_folder;        ///< in which it is started; empty: ours
    std::string command_path;  ///< of the mycelium command, for relays; empty: looked for in PATH
    std::vector<std::string> arguments;  ///< for the functions, before the file's
    std::string speaker = "mycelium up";
};

/// One fabric on this host. Belongs to the thread that calls run(), of which its services die with;
/// what is asked from elsewhere comes through its control URL.
class Supervisor {
public:
    /// Binds the control URL: unavailable, if the fabric is up already. Errors also: overloaded,
    /// invalid.
    static Result<std::unique_ptr<Supervisor>> create(Plan plan, SupervisorOptions options);
    ~Supervisor();

    /// Until all has ended, or `stop_fd` becomes readable, or somebody asks for it. Returns the
    /// exit code: 1, if a service is FAILED at the end. Where a thread cannot be ended, the process
    /// ends here.
    int run(int stop_fd);

    enum class State : std::uint8_t {
        waiting,   ///< for those it is after
        starting,  ///< until it says that it is ready
        running,
        backing_off,  ///< until its restart
        stopping,
        ended,
        failed,
    };

private:
    struct Unit;
    class Control;
    Supervisor(Plan plan, SupervisorOptions options);
    Result<void> prepare();

    Unit* unit(std::string_view name) noexcept;
    bool is_over() const noexcept;
    bool is_down(const Unit& unit) const noexcept;
    bool may_start(const Unit& unit);
    bool may_stop(const Unit& unit) const;
    void advance();
    void say_ready_once();

    void start(Unit& unit);
    bool try_run(Unit& unit);
    Result<std::unique_ptr<Running>> run_unit(Unit& unit);
    os::Program program_of(const Unit& unit) const;
    std::vector<std::string> relay_command(const RelaySpec& relay, const Links& links) const;
    std::vector<std::string> arguments_of(const Unit& unit) const;
    Running::Listeners listeners_of(Unit& unit);

    void on_started(Unit& unit);
    void on_ready(Unit& unit);
    void on_ended(Unit& unit, const RunEnd& end);
    void on_line(Unit& unit, std::string_view line);
    void on_left(Unit& unit, const RunEnd& end);
    void settle(Unit& unit);
    bool is_buried(Unit& unit);
    void conclude(Unit& unit, const RunEnd& end);
    void back_off(Unit& unit, const RunEnd& end, const mesh::RestartPolicy::Verdict& verdict);

    void stop_all();
    void stop(Unit& unit);
    void kill(Unit& unit);
    void give_up(Unit& unit);
    void set_timer(Unit& unit, Duration wait, std::function<void()> handler);
    void pause_all(bool is_paused);
    std::vector<pid_t> keepers() const;

    FabricStatus status();
    const os::children::Usage& usage_of(Unit& unit);
    Result<void> ask(std::string_view method, const std::string& service);

    Plan plan_;
    SupervisorOptions options_;
    std::unique_ptr<os::Reactor> reactor_;
    std::unique_ptr<Output> output_;
    std::vector<std::unique_ptr<Unit>> units_;    // in the order of the plan
    std::vector<pid_t> strangers_;                // children that this process had before
    std::vector<std::string> foreign_variables_;  // of a fabric that we are a service of
    std::unique_ptr<Control> control_;
    Instant losses_looked_at_{};
    bool is_stopping_ = false;
    bool is_paused_ = false;
    bool has_said_ready_ = false;
};

std::string_view name_of(Supervisor::State state) noexcept;

}  // namespace mycelium::deploy
