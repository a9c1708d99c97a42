#include "apps/cli/fabrics.h"

#include <algorithm>
#include <sstream>

#include <mycelium/node.h>

#include "apps/cli/report.h"
#include "base/nearest.h"
#include "deploy/plan.h"
#include "fabric/node_view.h"

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
    auto answer = requester->call({service}, timeout, method);
    if (!answer && answer.error().code() != Errc::failed)
        return std::move(answer).error().context("fabric " + name + " does not answer");
    if (!answer) return std::move(answer).error();
    return **answer;
}

}  // namespace mycelium::cli
