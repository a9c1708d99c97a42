// Descriptors that travel with bytes over a unix stream socket.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "host/os/fd.h"
#include "host/os/socket.h"

namespace mycelium::os {

inline constexpr std::size_t passed_descriptors_max = 16;  ///< in one message

/// Sends `bytes` with `descriptors` (at most passed_descriptors_max) attached to the first byte;
/// the caller's stay open. Never waits, raises no SIGPIPE. A message of less than half the socket's
/// send buffer goes whole or not at all; of a longer one `count` may be a part, and the rest goes
/// without descriptors. would_block: nothing was sent. Errors: EINVAL (too many descriptors, or
/// descriptors without a byte to travel with), ETOOMANYREFS (too many of this user's are under
/// way).
Moved send_with(int socket, std::span<const std::byte> bytes,
                std::span<const int> descriptors) noexcept;

struct ReceivedWith {
    Moved moved;
    /// Descriptors came that are not handed out, and are closed: more than passed_descriptors_max
    /// with one message, or no free numbers or memory here.
    bool truncated = false;
};
/// Like receive(); what descriptors came are appended to `descriptors`, close-on-exec, in the order
/// in which they were sent. A read ends with the first message that brings some: they belong to
/// that message, and bytes of earlier ones may stand before it in `into`.
ReceivedWith receive_with(int socket, std::span<std::byte> into,
                          std::vector<Fd>& descriptors) noexcept;

}  // namespace mycelium::os
