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

}  // namespace mycelium::conformance
