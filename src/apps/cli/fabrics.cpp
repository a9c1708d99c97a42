#include "apps/cli/fabrics.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>

#include <mycelium/node.h>

#include "apps/cli/report.h"
#include "base/nearest.h"
#include "deploy/plan.h"
#include "fabric/node_view.h"
#include "host/os/clock.h"
#include "host/os/poll.h"

namespace mycelium::cli {

Result<std::vector<std::string>> fabric_names() {
    MYCELIUM_TRY_ASSIGN(const fabric::Views views, fabric::find_nodes());
    std::vector<std::string> names;
    for (const fabric::NodeView& view : views.nodes) {
        if (!view.is_alive()) continue;
        const fabric::SeenNode node = view.read();
        for (const fabric::SeenPort& port : node.ports) {
            if (port.pattern != wire::Pattern::replier) continue;
            std::istringstream urls{port.urls};
            for (std::string url; urls >> url;)
                if (auto name = deploy::control_name_of(url)) names.push_back(*std::move(name));
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

namespace {

using Call = PendingCall<deploy::FabricStatus>;

/// Looks now and then whether the fabric is still there: one that ends before it has the question
/// leaves it waiting for another one of its name.
Result<std::shared_ptr<const deploy::FabricStatus>> answer_of(Call& call, const std::string& name) {
    constexpr Duration pause = std::chrono::milliseconds{2};
    constexpr Duration look = std::chrono::seconds{1};
    Instant next_look = after(look);
    for (;;) {
        if (auto result = call.try_result()) return *std::move(result);
        (void)os::poll({}, after(pause));
        if (os::now() < next_look) continue;
        next_look = after(look);
        const auto names = fabric_names();
        if (names && std::ranges::count(*names, name) == 0) {
            if (auto result = call.try_result()) return *std::move(result);
            return Error{Errc::unavailable, "it has ended"};
        }
    }
}

}  // namespace

Result<deploy::FabricStatus> ask_fabric(const std::string& name, std::string_view method,
                                        const std::string& service, Duration timeout) {
    MYCELIUM_TRY_ASSIGN(const auto names, fabric_names());
    if (std::ranges::count(names, name) == 0)
        return Error{Errc::unavailable, "fabric " + name + " is not up" +
                                            base::did_you_mean(name, names) +
                                            "; mycelium ps shows those that are"};
    Node node = node_of("ps", Warnings::kept);
    auto requester =
        node.requester<deploy::ControlQuestion, deploy::FabricStatus>(deploy::control_url(name));
    if (!requester) return std::move(requester).error();
    MYCELIUM_TRY_ASSIGN(auto call, requester->begin_call({service}, timeout, method));
    auto answer = answer_of(call, name);
    if (!answer && answer.error().code() != Errc::failed)
        return std::move(answer).error().context("fabric " + name + " does not answer");
    if (!answer) return std::move(answer).error();
    return **answer;
}

}  // namespace mycelium::cli
