// Engine: what operators ask of it.
#include <algorithm>
#include <utility>

#include "host/os/clock.h"
#include "relay/engine.h"

namespace mycelium::relay {

namespace {

constexpr Duration drain_max = std::chrono::seconds{10};
constexpr Duration drain_look = std::chrono::milliseconds{2};
constexpr std::string_view verbs[] = {"list", "pause", "resume", "drain", "evict"};

/// Delivered or dropped, of what was sent to it.
std::uint64_t done_with(const LinkInfo& link) {
    return link.counters.delivered + link.counters.dropped_total();
}

}  // namespace

Result<void> Engine::manage(const RelayCommand& command) {
    if (std::find(std::begin(verbs), std::end(verbs), command.verb) == std::end(verbs))
        return Error{Errc::invalid,
                     "'" + command.verb + "' is none of list, pause, resume, drain and evict"};
    if (command.verb == "list") return {};
    const std::lock_guard guard{managing_};
    return command.consumer.empty() ? manage_all(command.verb)
                                    : manage_one(command.verb, command.consumer);
}

Result<void> Engine::manage_all(const std::string& verb) {
    if (verb == "evict")
        return Error{Errc::invalid, "say which consumer to evict: NAME, NAME@PID or #LINK"};
    if (verb == "drain") return drain_all();
    is_paused_ = verb == "pause";
    bell_.ring();
    return {};
}

Error Engine::no_such_consumer(const std::string& consumer) {
    std::string there;
    for (const LinkInfo& link : out_->links())
        there +=
            (there.empty() ? "" : ", ") + link.node + "@" + std::to_string(link.pid.value_or(0));
    const std::string away = consumers_.text();
    return {Errc::unavailable, "no consumer '" + consumer + "'; " +
                                   (there.empty() ? "there is none" : "there are: " + there) +
                                   (away.empty() ? "" : "; sent away: " + away)};
}

Result<void> Engine::manage_one(const std::string& verb, const std::string& consumer) {
    std::vector<LinkInfo> meant;
    for (const LinkInfo& link : out_->links())
        if (is_meant(consumer, link.node, link.pid.value_or(0), link.id)) meant.push_back(link);
    if (verb == "resume") {
        const bool was_decided = consumers_.forget(consumer);
        for (const LinkInfo& link : meant) (void)out_->pause_link(link.id, false);
        if (meant.empty() && !was_decided) return no_such_consumer(consumer);
        return {};
    }
    if (meant.empty()) return no_such_consumer(consumer);
    if (verb == "pause") {
        for (const LinkInfo& link : meant) (void)out_->pause_link(link.id, true);
        return {};
    }
    // Who is sent away by the number of its link is remembered by what it is called.
    const bool is_link = consumer.front() == '#';
    const std::string who =
        is_link ? meant[0].node + "@" + std::to_string(meant[0].pid.value_or(0)) : consumer;
    if (verb == "evict") {
        consumers_.decide(who, Consumers::Decision::evicted);
        for (const LinkInfo& link : meant)
            (void)out_->end_link(link.id, {Errc::denied, "evicted by whoever runs the relay"});
        return {};
    }
    consumers_.decide(who, Consumers::Decision::draining);
    const auto drained = drain_links(meant);
    if (drained)
        consumers_.decide(who, Consumers::Decision::drained);
    else
        consumers_.forget(who);
    return drained;
}

/// Each is let go of once it has all that was sent to it before this call.
Result<void> Engine::drain_links(const std::vector<LinkInfo>& links) {
    const Instant deadline = os::now() + drain_max;
    std::vector<LinkInfo> left = links;
    while (!left.empty()) {
        const auto ticket = bell_.ticket();
        const auto now = out_->links();
        std::erase_if(left, [&](const LinkInfo& one) {
            const auto found = std::find_if(
                now.begin(), now.end(), [&](const LinkInfo& link) { return link.id == one.id; });
            if (found == now.end()) return true;
            if (done_with(*found) < one.counters.sent) return false;
            (void)out_->end_link(one.id, {Errc::closed, "drained by whoever runs the relay"});
            return true;
        });
        if (left.empty()) break;
        if (os::now() >= deadline || is_stopping_)
            return Error{Errc::timeout,
                         "after 10 s " + left[0].node + " still has " +
                             std::to_string(left[0].counters.sent) +
                             " messages to take: it goes on; evict it, or try again"};
        (void)bell_.wait(ticket, os::now() + drain_look);
    }
    return {};
}

/// Takes nothing more from publishers, lets consumers take what there is, and ends.
Result<void> Engine::drain_all() {
    is_draining_ = true;
    for (const LinkInfo& link : in_->links())
        (void)in_->end_link(link.id, {Errc::unavailable, "the relay is ending"});
    const Instant deadline = os::now() + drain_max;
    for (;;) {
        const auto ticket = bell_.ticket();
        const auto left = out_->counters().in_flight();
        if (in_->peers() == 0 && left == 0) break;
        if (os::now() >= deadline || is_stopping_) {
            is_draining_ = false;
            return Error{Errc::timeout, "after 10 s " + std::to_string(left) +
                                            " messages are still on their way: it goes on"};
        }
        (void)bell_.wait(ticket, os::now() + drain_look);
    }
    stop();
    return {};
}

}  // namespace mycelium::relay
