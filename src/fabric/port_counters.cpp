// Port: what it counts, and where others can read it.
#include "fabric/port.h"
#include "host/os/clock.h"

namespace mycelium::fabric {

std::shared_ptr<memory::LinkCell> Port::open_cell(memory::LinkFacts facts) {
    facts.port = number_;
    facts.opened_at_ns = os::unix_time_ns();
    return node_->telemetry().open_link(facts);
}

template <class To>
void Port::add(To& to, const transport::LinkCounters& from) const {
    if (pattern_ == wire::Pattern::publisher) {
        to.sent += from.sent;
        to.delivered += from.delivered;
        to.bytes += from.bytes;
        for (std::size_t i = 0; i < drop_reason_count; ++i) to.dropped[i] += from.dropped[i];
    } else if (pattern_ == wire::Pattern::subscriber) {
        // What a reader learns to have been sent to it: what it got and what it was told that it
        // missed.
        to.sent += from.received + from.missed.total();
        to.delivered += from.received;
        for (std::size_t i = 0; i < drop_reason_count; ++i)
            to.dropped[i] += from.missed.by_reason[i];
    }
}

template void Port::add(Counters&, const transport::LinkCounters&) const;

void Port::keep_numbers(transport::Link& link) {
    auto its = link.counters();
    // If it is this port that ends, what is still under way has had its linger.
    its.count_rest(is_closed_ ? DropReason::lingered_out : DropReason::peer_gone);
    const base::Change change{cell_->version};
    add(counters_, its);
    ++counters_.links_ended;
    memory::end(link.cell());
}

Counters Port::counters() {
    if (node_->is_forked()) return {};
    const Holding holding{lock_};
    Counters all;
    all.published = counters_.published;
    all.no_subscriber = counters_.no_subscriber;
    all.sent = counters_.sent;
    all.delivered = counters_.delivered;
    for (std::size_t i = 0; i < drop_reason_count; ++i) all.dropped[i] = counters_.dropped[i];
    all.shared = counters_.shared;
    all.encoded = counters_.encoded;
    all.bytes = counters_.bytes;
    all.calls = counters_.calls;
    all.answers = counters_.answers;
    all.errors = counters_.errors;
    for (const LinkPtr& link : links_) {
        const auto its = link->counters();
        add(all, its);
        if (pattern_ == wire::Pattern::publisher) all.under_way += its.in_flight();
    }
    return all;
}

void Port::note(const Event& event) noexcept {
    try {
        std::string text = "port " + std::to_string(number_) + ": ";
        text.append(name_of(event.kind)).append(" ").append(event.url);
        if (!event.peer.empty()) text.append(" (").append(event.peer).append(")");
        if (!event.reason.empty()) text.append(": ").append(event.reason);
        node_->telemetry().note(os::unix_time_ns(), text);
    } catch (const std::bad_alloc&) {
        // Nobody learns of it there.
    }
}

}  // namespace mycelium::fabric
