#include "relay/consumers.h"

namespace mycelium::relay {

namespace {

std::string with_pid(const std::string& name, std::int64_t pid) {
    return name + "@" + std::to_string(pid);
}

}  // namespace

std::string_view name_of(Consumers::Decision decision) noexcept {
    switch (decision) {
        case Consumers::Decision::draining:
            return "draining";
        case Consumers::Decision::drained:
            return "drained";
        case Consumers::Decision::evicted:
            return "evicted";
    }
    return "unknown";
}

bool is_meant(const std::string& consumer, const std::string& name, std::int64_t pid,
              std::uint64_t link) {
    return consumer == name || consumer == with_pid(name, pid) ||
           consumer == "#" + std::to_string(link);
}

std::optional<Consumers::Decision> Consumers::decision(const std::string& name,
                                                       std::int64_t pid) const {
    const std::lock_guard guard{mutex_};
    for (const std::string& key : {with_pid(name, pid), name})
        if (const auto found = decisions_.find(key); found != decisions_.end())
            return found->second;
    return std::nullopt;
}

Result<void> Consumers::admit(const Candidate& candidate) const {
    const auto decided = decision(candidate.node, candidate.pid.value_or(0));
    if (decided != Decision::drained && decided != Decision::evicted &&
        decided != Decision::draining)
        return {};
    return Error{Errc::denied, "the consumer '" + candidate.node + "' was " +
                                   std::string{name_of(*decided)} +
                                   " by whoever runs the relay, until it is resumed there"};
}

void Consumers::decide(const std::string& consumer, Decision decision) {
    const std::lock_guard guard{mutex_};
    if (decisions_.size() >= decisions_max && decisions_.count(consumer) == 0)
        decisions_.erase(decisions_.begin());
    decisions_[consumer] = decision;
}

bool Consumers::forget(const std::string& consumer) {
    const std::lock_guard guard{mutex_};
    return std::erase_if(decisions_, [&](const auto& one) {
               return one.first == consumer ||
                      one.first.substr(0, one.first.rfind('@')) == consumer;
           }) != 0;
}

void Consumers::report(std::vector<RelayConsumer>& into) const {
    const std::lock_guard guard{mutex_};
    for (const auto& [name, decision] : decisions_) {
        if (decision != Decision::drained && decision != Decision::evicted) continue;
        RelayConsumer& row = into.emplace_back();
        row.name = name;
        row.state = name_of(decision);
    }
}

std::string Consumers::text() const {
    std::vector<RelayConsumer> away;
    report(away);
    std::string text;
    for (const RelayConsumer& one : away)
        text += (text.empty() ? "" : ", ") + one.name + " (" + one.state + ")";
    return text;
}

}  // namespace mycelium::relay
