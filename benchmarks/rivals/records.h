// Records by Mycelium: what lines of JSON are compared with.
#pragma once

#include <string_view>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// A struct of MYCELIUM_FIELDS, whose content has as many bytes as the plan says, there and back.
Measurement own_record_round_trip(std::string_view scheme, const Plan& plan);
/// One publisher, one subscriber that blocks it.
Measurement own_record_stream(std::string_view scheme, const Plan& plan);

}  // namespace mycelium::bench
