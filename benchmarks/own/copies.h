// How often the library copies a message's bytes, counted, where the build counts them.
#pragma once

#include <string>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// A build with MYCELIUM_COUNT_COPIES.
bool copies_are_counted() noexcept;

enum class Copied : std::uint8_t {
    published,  ///< bytes of the publisher's own memory
    lent,       ///< memory that the publisher borrowed with loan()
};

/// Bytes that both ends copy for each byte of a message. Between two processes of one machine.
Measurement own_copies(const std::string& scheme, const Plan& plan, Copied copied);

}  // namespace mycelium::bench
