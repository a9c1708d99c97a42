// The trade's TLV, encoded and decoded.
#pragma once

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// By the templates, where the compiler sees through them.
Measurement own_trade(const Plan& plan);
/// By the schema's functions, as the ports do it.
Measurement own_trade_by_schema(const Plan& plan);

/// By the templates, as a whole message: its header and checksum made, read and looked at.
Measurement own_trade_checked(const Plan& plan);

}  // namespace mycelium::bench
