// What must fit together in a file whose parts are right by themselves.
#include <algorithm>
#include <map>

#include "deploy/fabric_reader.h"

namespace mycelium::deploy {

void FabricReader::check_service(const ServiceSpec& service) {
    const std::string what = "service " + service.name;
    if (!service.command.empty() && service.relay)
        reader_.mistake(service.at, what + " has a command and a relay: one of them is too many");
    if (!service.is_function() && !service.arguments.empty())
        reader_.mistake(service.at, what + " is no function: put its arguments into the command");
    if (service.is_function() && !functions_ && file_.program.empty())
        reader_.mistake(service.at, what + " has no command, and [fabric] names no program");
    if (service.is_function() && functions_ && std::ranges::count(*functions_, service.name) == 0)
        reader_.unknown(service.at, "this program has no function", service.name, *functions_);
    if (service.restart.backoff_first > service.restart.backoff_max)
        reader_.mistake(service.at, what + ": backoff is longer than backoff_max");
    for (const Reference& other : service.after)
        if (file_.service(other.name) == nullptr)
            reader_.unknown(other.at, "after: there is no service", other.name,
                            file_.service_names());
    if (service.host && file_.host(service.host->name) == nullptr)
        reader_.unknown(service.host->at, "there is no host", service.host->name,
                        file_.host_names());
    if (service.relay) check_relay(service);
}

void FabricReader::check_relay(const ServiceSpec& service) {
    if (service.relay->in.empty() || service.relay->out.empty())
        reader_.mistake(service.at, "a relay has links in and out");
    for (const Reference& link : service.relay->links())
        if (file_.link(link.name) == nullptr)
            reader_.unknown(link.at, "relay: there is no link", link.name, file_.link_names());
}

/// A relay binds its links; whoever else a link says it is bound by is wrong.
void FabricReader::check_binders() {
    std::map<std::string, std::string> relays;
    for (const ServiceSpec& service : file_.services) {
        if (!service.relay) continue;
        for (const Reference& link : service.relay->links())
            if (const auto [known, is_new] = relays.emplace(link.name, service.name); !is_new)
                reader_.mistake(link.at, "link " + link.name + " is bound by relay " +
                                             known->second + " already");
    }
    for (LinkSpec& link : file_.links) {
        if (link.bound_by && file_.service(link.bound_by->name) == nullptr)
            reader_.unknown(link.bound_by->at, "bound_by: there is no service", link.bound_by->name,
                            file_.service_names());
        const auto relay = relays.find(link.name);
        if (relay == relays.end()) continue;
        if (link.bound_by && link.bound_by->name != relay->second)
            reader_.mistake(link.bound_by->at,
                            "link " + link.name + " is bound by relay " + relay->second);
        link.bound_by = Reference{relay->second, link.at};
    }
}

/// Each link has a variable of its own in the services' environment.
void FabricReader::check_links() {
    std::map<std::string, std::string> variables;
    for (const LinkSpec& link : file_.links) {
        const auto [known, is_new] = variables.emplace(variable_of("", link.name), link.name);
        if (!is_new)
            reader_.mistake(link.at, "links " + known->second + " and " + link.name +
                                         " would have the same variable in the environment");
    }
}

void FabricReader::check_cycles() {
    if (!reader_.mistakes().empty()) return;  // of unknown services
    enum class Mark : std::uint8_t { fresh, open, done };
    std::map<std::string, Mark> marks;
    // Iterative: a thousand services may stand in one chain.
    for (const ServiceSpec& first : file_.services) {
        std::vector<std::pair<const ServiceSpec*, std::size_t>> path{{&first, 0}};
        while (!path.empty()) {
            const ServiceSpec* service = path.back().first;
            Mark& mark = marks[service->name];
            if (path.back().second == 0 && mark != Mark::fresh) {
                path.pop_back();
                continue;
            }
            mark = Mark::open;
            if (path.back().second == service->after.size()) {
                mark = Mark::done;
                path.pop_back();
                continue;
            }
            const Reference& next = service->after[path.back().second++];
            if (marks[next.name] != Mark::open) {
                path.emplace_back(file_.service(next.name), 0);
                continue;
            }
            std::string text = next.name;
            for (auto at = path.rbegin(); at != path.rend(); ++at) {
                text = at->first->name + " → " + text;
                if (at->first->name == next.name) break;
            }
            reader_.mistake(next.at, "after goes round in a circle: " + text);
            return;
        }
    }
}

}  // namespace mycelium::deploy
