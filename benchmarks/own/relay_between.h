// The process between two sides of a measurement: a relay from its meeting's "in" to its "out".
#pragma once

#include <functional>

#include <mycelium/mycelium.h>

#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// Lossless, as all that is measured.
Relay relay_between(Node& node, const Meeting& meeting);

/// Relays until `await_end`, called on a thread of its own, returns; the side is told what
/// processor time that took.
void relay_until(Relay& relay, Side& side, const std::function<void()>& await_end);

}  // namespace mycelium::bench
