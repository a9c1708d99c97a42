// run: an executable's services as threads of one process, as processes, or on hosts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/node.h>
#include <mycelium/result.h>

namespace mycelium {

namespace deploy {
class ServiceState;
}

/// One service of an executable while it runs: given to its function, usable from any thread until
/// that returns. Where its links are depends on the mode; the function does not see which it is.
class Service {
public:
    explicit Service(std::shared_ptr<deploy::ServiceState> state) noexcept;
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    const std::string& name() const noexcept;
    /// What the user wrote behind `--`, then the file's `arguments`.
    const std::vector<std::string>& arguments() const noexcept;

    /// Where a port that binds, or dials, the fabric's link of that name goes. invalid: there is no
    /// such link (the nearest right name is told), or another service binds it.
    Result<Urls> bind(std::string_view link) const;
    Result<std::string> dial(std::string_view link) const;

    /// Named after the service; closed when its function returns. Stopped as soon as the service is
    /// to stop if the function has never called one of the three below, which ends all its waits
    /// with `closed`: a function that only waits for messages needs to do nothing about stopping.
    Node& node() noexcept;

    /// Those that are `after` this one may start now, if it is `ready = "notify"`.
    void ready();

    /// Is the service to stop? From then on fd() is readable, and its function should return.
    bool is_stopping() const noexcept;
    /// These two let mycelium::wait(deadline, port, service) take it for a port.
    int fd() const noexcept;
    Result<bool> is_ready() const;

private:
    std::shared_ptr<deploy::ServiceState> state_;
};

/// Returning an error, or throwing, is a failure of the service; the fabric file says what is done
/// about it. `closed` after a stop is none.
using ServiceFunction = std::function<Result<void>(Service&)>;
using ServiceFunctions = std::vector<std::pair<std::string, ServiceFunction>>;

struct RunOptions {
    std::string file;  ///< a fabric file; empty: every function is a service, every name a link
    std::string text;  ///< its text, if the program has made it up; `file` is then only its name
    std::string name;  ///< the fabric's, where there is neither; empty: the program's
    std::string mode;  ///< threads, processes or hosts; empty: the file's; without a file threads
    std::string host;  ///< which of the file's hosts this is
    std::vector<std::string> services;   ///< only these; empty: all
    std::string here;                    ///< only this one, in this process, without supervision
    std::vector<std::string> arguments;  ///< for the functions
};

/// The main() of such an executable; returns its exit code. Understands --fabric FILE, --mode,
/// --host, --service, names of services, --help, and `--` before the functions' arguments; what is
/// written there wins over `options`. Starts what is asked for and supervises it until all has
/// ended or SIGINT or SIGTERM comes; nothing is left then. In the modes processes and hosts this
/// program is started again for each service, with the same words, and must reach the same call; a
/// program with options of its own calls the second form. At most one call at a time.
int run(int argc, char** argv, ServiceFunctions services, RunOptions options = {});
int run(ServiceFunctions services, RunOptions options);

/// Has run() started this process for one service of it? Then nothing should be prepared for all of
/// them before run() is called: that has been done.
bool is_service_process() noexcept;

}  // namespace mycelium
