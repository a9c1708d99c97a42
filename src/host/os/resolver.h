// Resolver: host names to addresses, for a caller that must not wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/address.h"

namespace mycelium::os {

/// Asks the system's resolver now and waits for it, which may take many seconds. Never empty.
/// unavailable: no such name, or nobody to ask.
Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port);

/// Answers from memory; asks on a thread of its own. Any thread.
class Resolver {
public:
    static constexpr std::size_t names_max = 256;  ///< remembered; the oldest is forgotten
    static constexpr std::size_t questions_max =
        8;  ///< asked at the same time; more are refused for the moment

    Resolver();

    /// An address of the host: each call the next one, so that one which does not answer is not
    /// dialled for ever. An IP address is its own. unavailable: not known yet (it is being asked
    /// for: come again), or there is no such name.
    Result<Address> next_address(const std::string& host, std::uint16_t port);

private:
    struct Memory;
    std::shared_ptr<Memory>
        memory_;  // shared with questions that are still out when the resolver ends
    std::uint32_t generation_;
};

}  // namespace mycelium::os
