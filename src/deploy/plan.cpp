#include "deploy/plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest.h"

namespace mycelium::deploy {

namespace {

constexpr std::string_view control_prefix = "shm://mycelium/";
constexpr std::string_view control_suffix = "/control";

std::string place_in(const FabricFile& file, std::string_view scheme, std::string_view link) {
    return std::string{scheme} + "://" + file.name + "/" + std::string{link};
}

/// Indices of the services so that each stands behind those it is `after`; as in the file where
/// that leaves a choice. The file has no circles.
std::vector<std::size_t> start_order(const FabricFile& file) {
    std::map<std::string_view, std::size_t> index;
    for (std::size_t n = 0; n < file.services.size(); ++n) index[file.services[n].name] = n;
    std::vector<std::size_t> waits_for(file.services.size());
    std::vector<std::vector<std::size_t>> waiting(file.services.size());
    std::set<std::size_t> next;
    for (std::size_t n = 0; n < file.services.size(); ++n) {
        for (const Reference& other : file.services[n].after) {
            waiting[index[other.name]].push_back(n);
            ++waits_for[n];
        }
        if (waits_for[n] == 0) next.insert(n);
    }
    std::vector<std::size_t> order;
    while (!next.empty()) {
        const std::size_t n = *next.begin();
        next.erase(next.begin());
        order.push_back(n);
        for (const std::size_t other : waiting[n])
            if (--waits_for[other] == 0) next.insert(other);
    }
    return order;
}

}  // namespace

Result<Plan> Plan::make(FabricFile file, const PlanOptions& options) {
    const Mode mode = options.mode.value_or(file.mode.value_or(Mode::processes));
    for (const std::string& name : options.only)
        if (file.service(name) == nullptr)
            return Error{Errc::invalid, "the fabric has no service '" + name + "'" +
                                            base::did_you_mean(name, file.service_names())};
    std::string host = options.host;
    if (mode != Mode::hosts && !host.empty())
        return Error{Errc::invalid, "a host is named in mode hosts only"};
    if (mode == Mode::hosts && host.empty()) {
        if (file.hosts.size() != 1)
            return Error{Errc::invalid, "which host is this? Say --host with one of its names"};
        host = file.hosts.front().name;
    }
    if (mode == Mode::hosts && file.host(host) == nullptr)
        return Error{Errc::invalid, "the fabric has no host '" + host + "'" +
                                        base::did_you_mean(host, file.host_names())};
    Plan plan{std::move(file), mode, std::move(host)};
    if (const auto mistakes = plan.check(); !mistakes.empty())
        return error_of(plan.file_.path, mistakes);
    plan.choose(options);
    return plan;
}

std::vector<Mistake> Plan::check() const {
    std::vector<Mistake> mistakes;
    if (mode_ != Mode::hosts) return mistakes;
    for (const ServiceSpec& service : file_.services)
        if (!service.host)
            mistakes.push_back(
                {service.at, "mode hosts: service " + service.name + " needs a host"});
    if (file_.hosts.size() < 2) return mistakes;
    if (file_.links.empty())
        mistakes.push_back({{},
                            "mode hosts: each link between hosts is declared, as [link.NAME] "
                            "with bound_by and port"});
    for (const LinkSpec& link : file_.links) {
        if (!link.url.empty()) continue;
        if (!link.bound_by)
            mistakes.push_back({link.at, "mode hosts: link " + link.name +
                                             " needs bound_by, the service that binds it"});
        if (link.port == 0)
            mistakes.push_back({link.at, "mode hosts: link " + link.name + " needs a port"});
    }
    return mistakes;
}

bool Plan::is_here(const ServiceSpec& service) const {
    return mode_ != Mode::hosts || service.host->name == host_;
}

bool Plan::is_thread(const ServiceSpec& service, bool relays_are_functions) const {
    return mode_ == Mode::threads &&
           (service.is_function() || (service.relay && relays_are_functions));
}

void Plan::choose(const PlanOptions& options) {
    const auto is_started = [&](const std::string& name) {
        return options.only.empty() || std::ranges::count(options.only, name) != 0;
    };
    for (const std::size_t n : start_order(file_)) {
        Service service;
        service.spec = file_.services[n];
        if (!is_here(service.spec)) continue;
        service.is_thread = is_thread(service.spec, options.relays_are_functions);
        service.is_started = is_started(service.spec.name);
        for (const Reference& other : service.spec.after)
            if (is_here(*file_.service(other.name)) && is_started(other.name))
                service.after.push_back(other.name);
        services_.push_back(std::move(service));
    }
}

const Plan::Service* Plan::service(std::string_view name) const noexcept {
    const auto found = std::find_if(services_.begin(), services_.end(),
                                    [&](const Service& one) { return one.spec.name == name; });
    return found == services_.end() ? nullptr : &*found;
}

bool Plan::has_threads() const noexcept {
    return std::any_of(services_.begin(), services_.end(),
                       [](const Service& one) { return one.is_thread; });
}

std::string Plan::tcp_url(const LinkSpec& link) const {
    const HostSpec* host = file_.host(file_.service(link.bound_by->name)->host->name);
    return "tcp://" + host->address + ":" + std::to_string(link.port);
}

std::vector<std::string> Plan::bind_urls(const LinkSpec& link, bool is_thread) const {
    std::vector<std::string> urls;
    if (is_thread) urls.push_back(place_in(file_, "inproc", link.name));
    if (!link.url.empty()) {
        urls.push_back(link.url);
    } else {
        urls.push_back(place_in(file_, "shm", link.name));
        if (mode_ == Mode::hosts && link.bound_by && link.port != 0) urls.push_back(tcp_url(link));
    }
    return urls;
}

std::string Plan::dial_url(const LinkSpec& link, bool is_thread) const {
    const Service* binder = link.bound_by ? service(link.bound_by->name) : nullptr;
    const bool is_bound_by_process = binder != nullptr && !binder->is_thread;
    if (is_thread && !is_bound_by_process) return place_in(file_, "inproc", link.name);
    if (!link.url.empty()) return link.url;
    const bool is_elsewhere = mode_ == Mode::hosts && link.bound_by && binder == nullptr;
    return is_elsewhere ? tcp_url(link) : place_in(file_, "shm", link.name);
}

Links Plan::links_of(const Service& service) const {
    Links links;
    for (const LinkSpec& link : file_.links) {
        const bool binds = !link.bound_by || link.bound_by->name == service.spec.name;
        links.add({link.name,
                   binds ? bind_urls(link, service.is_thread) : std::vector<std::string>{},
                   dial_url(link, service.is_thread)});
    }
    if (!file_.links.empty()) return links;
    const std::string shm = place_in(file_, "shm", "");
    const std::string inproc = place_in(file_, "inproc", "");
    if (service.is_thread)
        links.open({inproc, shm}, inproc);
    else
        links.open({shm}, shm);
    return links;
}

std::vector<std::string> Plan::environment_of(const Service& service) const {
    std::vector<std::string> all = links_of(service).to_environment();
    all.push_back("MYCELIUM_FABRIC=" + file_.name);
    all.push_back("MYCELIUM_SERVICE=" + service.spec.name);
    for (const auto& variable : service.spec.environment)
        all.push_back(variable.first + "=" + variable.second);
    return all;
}

std::string Plan::control_name() const {
    return mode_ == Mode::hosts ? file_.name + "@" + host_ : file_.name;
}

std::string Plan::resolve(const std::string& path) const {
    return path.empty() || path.front() == '/' ? path : file_.folder + path;
}

std::string control_url(std::string_view control_name) {
    return std::string{control_prefix} + std::string{control_name} + std::string{control_suffix};
}

std::optional<std::string> control_name_of(std::string_view url) {
    if (!url.starts_with(control_prefix) || !url.ends_with(control_suffix) ||
        url.size() <= control_prefix.size() + control_suffix.size())
        return std::nullopt;
    url.remove_prefix(control_prefix.size());
    url.remove_suffix(control_suffix.size());
    return std::string{url};
}

}  // namespace mycelium::deploy
