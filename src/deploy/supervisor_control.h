// Supervisor::Control: the replier at the fabric's control URL. Of src/deploy/supervisor*.cpp
// alone.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <mycelium/node.h>
#include <mycelium/reqrep.h>

#include "deploy/supervisor.h"

namespace mycelium::deploy {

/// Answers on the loop's thread: at once, or when what was asked for has happened.
class Supervisor::Control {
public:
    explicit Control(Supervisor& supervisor);
    /// Errors: unavailable (the fabric is up already, and by whom).
    Result<void> open();
    /// Answers those whose wish has come true.
    void look_for_answers();
    /// Answers all who still wait.
    void close();

private:
    using Request = mycelium::Request<ControlQuestion, FabricStatus>;
    struct Waiting {
        Request request;
        Unit* unit;  // null: all
    };
    void receive();
    void answer(Request& request);

    Supervisor& supervisor_;
    std::optional<Node> node_;
    std::optional<Replier<ControlQuestion, FabricStatus>> replier_;
    os::Reactor::Watch watch_ = 0;
    std::vector<Waiting> waiting_;
};

}  // namespace mycelium::deploy
