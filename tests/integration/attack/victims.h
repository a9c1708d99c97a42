// Victims: what a process does that a nursery starts, and whose stores to shared memory are
// counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace mycelium::attack {

/// In memory that a victim shares with its nursery.
struct VictimState {
    std::atomic<std::uint64_t> steps{0};
    std::atomic<bool> may_go{false};
};

/// Called in a process of its own. `urls` are separated by commas. Its exit code: 0, all went as it
/// should; 3, it received a torn message; 4, a port failed.
int be_victim(const std::string& role, const std::string& urls, std::uint64_t stop_at,
              VictimState& state);

}  // namespace mycelium::attack
