// What ls, stats and top share: looks at other processes' nodes, and what changed between two.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "fabric/node_view.h"

namespace mycelium::cli {

/// One node at one moment.
struct NodeLook {
    std::int64_t pid = 0;
    bool is_alive = true;
    std::size_t telemetry_bytes = 0;
    fabric::SeenNode node;
};

struct Look {
    Instant at{};
    std::vector<NodeLook> nodes;
};
Look look_at(const std::vector<fabric::NodeView>& views);

/// Which nodes are meant: all, those of a process, or those of that name.
struct Chosen {
    std::string word;  ///< a pid or a name; empty: all
};
/// Errors, with what to do: unavailable (none is there), denied.
Result<fabric::Views> find(const Chosen& chosen);

/// What happened at a link between two looks.
struct LinkRates {
    double sent = 0, received = 0;              ///< messages per second
    double sent_bytes = 0, received_bytes = 0;  ///< per second
    std::uint64_t dropped = 0;                  ///< messages: dropped as writer, missed as reader
    fabric::SeenLatency latency;

    double messages() const noexcept { return sent > received ? sent : received; }
    double bytes() const noexcept { return sent > received ? sent_bytes : received_bytes; }
};
/// None: the link was not there before.
std::optional<LinkRates> rates_between(const Look& before, const Look& now, const NodeLook& node,
                                       const fabric::SeenLink& link);

/// Says on stderr what could not be seen.
void say_unseen(std::string_view verb, const fabric::Views& views);

}  // namespace mycelium::cli
