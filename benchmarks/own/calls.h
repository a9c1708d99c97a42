// Calls, measured: a requester that waits for each answer, and a replier that echoes.
#pragma once

#include <string_view>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// Messages of 64 bytes are FLAT, all others Bytes.
Measurement own_call(std::string_view scheme, const Plan& plan);
/// The question and the answer are small MessagePack maps; `plan.bytes` does not matter.
Measurement own_control_call(std::string_view scheme, const Plan& plan);

}  // namespace mycelium::bench
