// A struct of twelve members as MessagePack, encoded and decoded.
#pragma once

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// By the schema of MYCELIUM_FIELDS, as the ports do it.
Measurement own_fields(const Plan& plan);
/// By msgpack-cxx; there where that was installed when rivals were built
/// (MYCELIUM_HAS_MSGPACK_CXX).
Measurement msgpack_cxx_fields(const Plan& plan);

}  // namespace mycelium::bench
