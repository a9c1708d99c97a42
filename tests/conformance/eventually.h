// Waiting for a condition: the only way in which these tests wait.
#pragma once

#include <poll.h>

#include <chrono>

#include <mycelium/time.h>

namespace mycelium::conformance {

/// How long a test waits for what must happen before it calls it a failure. No test measures how
/// long it took.
inline constexpr Duration patience = std::chrono::seconds{30};

/// Asks every millisecond until `condition()` holds; false: it did not within `limit`.
template <class Condition>
bool eventually(Condition&& condition, Duration limit = patience) {
    for (const Instant deadline = after(limit);;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= deadline) return false;
        ::poll(nullptr, 0, 1);
    }
}

/// Is the descriptor readable, or does it become so within `limit`?
inline bool is_readable(int fd, Duration limit = Duration{0}) {
    pollfd polled{fd, POLLIN, 0};
    const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    return ::poll(&polled, 1, static_cast<int>(wait_ms)) == 1 && (polled.revents & POLLIN) != 0;
}

}  // namespace mycelium::conformance
