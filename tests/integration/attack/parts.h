// The parts that processes play in the attack tests, besides those of the conformance suite.
#pragma once

#include "peer.h"

namespace mycelium::attack {

/// "starved": out of memory. "stranger": of another user. "forking": a program that forks. Others:
/// the suite's.
int play_victim(const conformance::Part& part, conformance::Channel& channel);

}  // namespace mycelium::attack
