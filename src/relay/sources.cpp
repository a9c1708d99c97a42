#include "relay/sources.h"

#include <algorithm>

namespace mycelium::relay {

namespace {

std::string seconds_until(Instant then, Instant now) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(then - now);
    return std::to_string(std::max<std::int64_t>(left.count(), 0)) + " s";
}

}  // namespace

Result<void> Sources::admit(const Candidate& candidate, Instant now) {
    if (candidate.form == Form::fields || candidate.form == Form::flat)
        return Error{Errc::mismatch,
                     "a relay carries domain messages (MYCELIUM_TLV, or bytes that are TLVs)"};
    const std::lock_guard guard{mutex_};
    look_at_probes(now);
    mesh::Breaker& its = breaker(candidate.node);
    if (its.allow(now)) return {};
    const bool is_probed = its.state(now) == mesh::Breaker::State::half_open;
    return Error{
        Errc::denied,
        "the relay's circuit breaker for '" + candidate.node + "' is " +
            std::string{name_of(its.state(now))} +
            (is_probed ? ": one of its name is being tried"
                       : ": it came and went without a good message too often; try again in " +
                             seconds_until(its.retry_at(), now))};
}

void Sources::note(const Event& event) {
    const std::lock_guard guard{mutex_};
    if (event.kind == Event::Kind::connected) {
        ++at(event.peer, event.pid.value_or(0), event.url)->links;
        if (links_.size() >= links_remembered_max) links_.erase(links_.begin());
        Link& link = links_[event.link];
        link.name = event.peer;
        link.since = event.at;
        link.is_known = true;
    } else if (event.kind == Event::Kind::disconnected) {
        Source& source = *at(event.peer, event.pid.value_or(0), event.url);
        if (source.links != 0) --source.links;
        ended(source.name, event);
    }
}

void Sources::note_good(std::uint64_t link) {
    const std::lock_guard guard{mutex_};
    const auto found = links_.find(link);
    if (found == links_.end()) {
        links_[link].is_good = true;
    } else if (found->second.has_failed) {
        // What it had brought was still to be read when it ended.
        breaker(found->second.name).forgive();
        links_.erase(found);
    } else {
        found->second.is_good = true;
    }
}

void Sources::ended(const std::string& name, const Event& event) {
    const auto link = links_.find(event.link);
    const bool is_known = link != links_.end() && link->second.is_known;
    const bool is_malformed = event.code == Errc::malformed;
    const bool was_good = link != links_.end() && link->second.is_good;
    if (!is_malformed && (was_good || !is_known || event.at - link->second.since >= flap)) {
        breaker(name).succeed(event.at);
    } else {
        breaker(name).fail(event.at);
        if (is_known && !is_malformed) {
            link->second.has_failed = true;
            return;
        }
    }
    if (link != links_.end()) links_.erase(link);
}

void Sources::look_at_probes(Instant now) {
    for (const auto& [number, link] : links_) {
        if (!link.is_good || !link.is_known || link.has_failed) continue;
        const auto its = breakers_.find(link.name);
        if (its != breakers_.end() && link.since >= its->second.retry_at())
            its->second.succeed(now);
    }
}

std::shared_ptr<Source> Sources::of(const LinkInfo& link) {
    const std::lock_guard guard{mutex_};
    return at(link.node, link.pid.value_or(0), link.url);
}

const std::shared_ptr<Source>& Sources::at(const std::string& name, std::int64_t pid,
                                           const std::string& url) {
    const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const auto& one) {
        return one->pid == pid && one->name == name && one->url == url;
    });
    if (found != runs_.end()) return *found;
    if (runs_.size() >= runs_max) forget_one();
    auto& added = runs_.emplace_back(std::make_shared<Source>());
    added->name = name;
    added->pid = pid;
    added->url = url;
    return added;
}

void Sources::forget_one() {
    const auto ended =
        std::find_if(runs_.begin(), runs_.end(), [](const auto& one) { return one->links == 0; });
    if (ended != runs_.end()) runs_.erase(ended);
}

mesh::Breaker& Sources::breaker(const std::string& name) {
    if (breakers_.size() >= breakers_max && breakers_.count(name) == 0)
        breakers_.erase(breakers_.begin());
    return breakers_.try_emplace(name, limits_).first->second;
}

void Sources::report(std::vector<RelaySource>& into, const std::vector<LinkInfo>& links,
                     Instant now) {
    const std::lock_guard guard{mutex_};
    look_at_probes(now);
    for (const auto& run : runs_) {
        // Events may be lost when there are very many: the port knows.
        run->links = static_cast<std::size_t>(
            std::count_if(links.begin(), links.end(), [&](const LinkInfo& link) {
                return link.pid.value_or(0) == run->pid && link.node == run->name &&
                       link.url == run->url;
            }));
        RelaySource& row = into.emplace_back();
        row.name = run->name;
        row.pid = run->pid;
        row.url = run->url;
        row.id = run->id;
        row.is_linked = run->links != 0;
        const auto its = breakers_.find(run->name);
        row.breaker = its == breakers_.end() ? "closed" : name_of(its->second.state(now));
        row.forwarded = run->forwarded;
        row.malformed = run->malformed;
        row.misrouted = run->misrouted;
        row.failed = run->failed;
        row.missed.assign(run->missed.begin(), run->missed.end());
    }
}

}  // namespace mycelium::relay
