// The parts that processes play in the attack tests, besides those of the conformance suite.
#pragma once

#include "peer.h"

namespace mycelium::attack {

/// "starved", "crowded": out of memory. "stranger", "squatter": of another user. "forking",
/// "forking_reader": programs that fork. "nursery": starts victims. "liar": lies. "holder",
/// "lender": memory over unix://. "relay": relays. Others: the suite's.
int play_victim(const conformance::Part& part, conformance::Channel& channel);

}  // namespace mycelium::attack
