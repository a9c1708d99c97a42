// Encoding: how a payload becomes bytes, at most once, and an object with an owner, at most once.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

#include "base/count.h"
#include "host/memory/block_pool.h"

namespace mycelium::fabric {

/// What the links of a port need of a payload.
struct Needs {
    bool bytes = false;
    bool object = false;       ///< with an owner
    bool owned_bytes = false;  ///< bytes that stay valid after the call
};

/// One port's place to encode into: small values into memory of its own, used again by the next
/// call; large ones into a block of the pool. One thread at a time.
class Encoder {
public:
    explicit Encoder(memory::BlockPool& pool) : pool_(pool) {}

    /// Completes every payload as `needs` says. `encoded` is raised by the values that had to be
    /// encoded. Errors: invalid (nests too deep, larger than `message_bytes_max`), overloaded (no
    /// memory), unsupported.
    Result<void> complete(std::span<Message> messages, Needs needs, std::uint64_t message_bytes_max,
                          base::Count& encoded);

private:
    Result<void> give_bytes(std::span<Message> messages, bool owned,
                            std::uint64_t message_bytes_max, base::Count& encoded);

    memory::BlockPool& pool_;
    std::vector<std::byte> small_;
};

}  // namespace mycelium::fabric
