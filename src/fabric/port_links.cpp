// Port: its links, for whoever manages them.
#include <algorithm>
#include <utility>

#include "fabric/port.h"

namespace mycelium::fabric {

std::vector<LinkInfo> Port::links() {
    if (node_->is_forked()) return {};
    const Holding holding{lock_};
    std::vector<LinkInfo> all;
    all.reserve(links_.size());
    for (const LinkPtr& link : links_)
        if (!link->closed() && !link->is_hung_up()) all.push_back(info_of(*link));
    return all;
}

LinkInfo Port::info_of(const transport::Link& link) const {
    LinkInfo info;
    const wire::Hello& peer = link.peer();
    info.id = link.id;
    info.url = link.url();
    info.node = peer.node;
    info.pid = link.identity().pid;
    info.epoch = peer.epoch;
    info.form = peer.type.form;
    info.slow = peer.slow;
    info.queue_messages_max = peer.queue_messages_max;
    info.types = peer.types;
    info.is_demoted = link.is_demoted();
    info.is_paused = is_paused(link);
    const transport::LinkCounters its = link.counters();
    add(info.counters, its);
    if (pattern_ == wire::Pattern::publisher) info.counters.under_way = its.in_flight();
    return info;
}

bool Port::end_link(std::uint64_t id, const Error& reason) {
    if (node_->is_forked()) return false;
    const LinkPtr link = link_with(id);
    if (!link) return false;
    end_unwatched(*link, reason);
    return true;
}

Result<void> Port::admits(const wire::Hello& theirs, const std::string& url,
                          std::optional<std::int64_t> pid) {
    const Admission* const admit = admission();
    if (!admit || !*admit) return {};
    // Held meanwhile, so that it is not called any more once the port has closed.
    const std::lock_guard guard{admission_mutex_};
    if (is_closing_) return Error{Errc::unavailable, "that port has gone"};
    return (*admit)({url, theirs.node, pid, theirs.type.form});
}

}  // namespace mycelium::fabric
