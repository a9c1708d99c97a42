#include "apps/cli/looking.h"

#include <algorithm>
#include <charconv>

#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "apps/cli/text.h"
#include "host/os/clock.h"

namespace mycelium::cli {

namespace {

std::optional<pid_t> pid_of(std::string_view word) noexcept {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), pid);
    if (error != std::errc{} || end != word.data() + word.size() || pid <= 0) return std::nullopt;
    return pid;
}

Error none_in(pid_t pid) {
    return {Errc::unavailable, "process " + std::to_string(pid) +
                                   " has no node with a port; mycelium ls shows those there are"};
}

const fabric::SeenLink* link_in(const Look& look, const NodeLook& its,
                                const fabric::SeenLink& link) {
    for (const NodeLook& node : look.nodes) {
        if (node.pid != its.pid || node.node.id != its.node.id) continue;
        for (const fabric::SeenPort& port : node.node.ports)
            for (const fabric::SeenLink& other : port.links)
                if (other.slot == link.slot && other.generation == link.generation) return &other;
    }
    return nullptr;
}

/// Numbers only grow, but what another process writes may do anything.
double per_second(std::uint64_t now, std::uint64_t before, double seconds) noexcept {
    return now > before && seconds > 0 ? static_cast<double>(now - before) / seconds : 0;
}

}  // namespace

Look look_at(const std::vector<fabric::NodeView>& views) {
    Look look;
    look.at = os::now();
    for (const fabric::NodeView& view : views)
        look.nodes.push_back({view.pid(), view.is_alive(), view.bytes(), view.read()});
    return look;
}

Result<fabric::Views> find(const Chosen& chosen) {
    if (chosen.word.empty()) return fabric::find_nodes();
    const auto pid = pid_of(chosen.word);
    auto views = pid ? fabric::find_nodes(*pid) : fabric::find_nodes();
    if (!views) return views;
    if (!pid)
        std::erase_if(views->nodes, [&](const fabric::NodeView& view) {
            return view.read().name != chosen.word;
        });
    if (!views->nodes.empty()) return views;
    if (pid) return none_in(*pid);
    return Error{Errc::unavailable,
                 "no node is called '" + chosen.word + "'; mycelium ls shows those there are"};
}

std::optional<LinkRates> rates_between(const Look& before, const Look& now, const NodeLook& node,
                                       const fabric::SeenLink& link) {
    const fabric::SeenLink* const old = link_in(before, node, link);
    if (!old) return std::nullopt;
    const double seconds = std::chrono::duration<double>(now.at - before.at).count();
    LinkRates rates;
    rates.sent = per_second(link.sent, old->sent, seconds);
    rates.received = per_second(link.received, old->received, seconds);
    rates.sent_bytes = per_second(link.sent_bytes, old->sent_bytes, seconds);
    rates.received_bytes = per_second(link.received_bytes, old->received_bytes, seconds);
    const std::uint64_t lost = link.lost();
    const std::uint64_t lost_before = old->lost();
    rates.dropped = lost > lost_before ? lost - lost_before : 0;
    rates.latency = link.latency.since(old->latency);
    return rates;
}

void say_unseen(std::string_view verb, const fabric::Views& views) {
    for (const std::string& why : views.unreadable) say(verb, why);
    if (views.processes_unreadable != 0)
        say(verb, "did not look into " + std::to_string(views.processes_unreadable) +
                      (views.processes_unreadable == 1 ? " process" : " processes") +
                      " of other users; root could");
}

}  // namespace mycelium::cli
