// The parts of the lending tests: who holds what was lent, and who lends it.
#pragma once

#include <mycelium/bytes.h>

#include "peer.h"

namespace mycelium::attack {

/// Whether these bytes lie in a pool that processes share, as the kernel sees it.
bool is_lent(const Bytes& bytes);

/// Subscribes at "url"; at each "hold N" takes as many more samples and says, for each, 1 if it was
/// lent, else 0.
int play_holder(const conformance::Part& part, conformance::Channel& channel);
/// Publishes at "url"; at each "lend N" as many stamped loans of "size" bytes.
int play_lender(const conformance::Part& part, conformance::Channel& channel);

}  // namespace mycelium::attack
