// What a process occupies, and what it does while nothing happens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mycelium::bench {

/// Of the calling process. The kernel's own memory, of sockets for instance, is not in it.
struct Occupancy {
    double pss_bytes = 0;  ///< what it shares is divided by those who share it
    double private_dirty_bytes = 0;
    double descriptors = 0;
};
/// Throws std::runtime_error where /proc does not say.
Occupancy occupancy_here();
/// "Pss:      12 kB" in a text of such lines, in bytes; -1: there is no such line.
double bytes_in(std::string_view lines, std::string_view name);

/// Processor time and switches so far of all threads of this process but the calling one, which
/// looks. A thread that has ended is not in it.
struct Doings {
    double cpu_ns = 0;
    double switches = 0;
};
Doings doings_of_others();

}  // namespace mycelium::bench
