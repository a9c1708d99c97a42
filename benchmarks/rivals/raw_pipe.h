// The bare machine's pipes: what lines of JSON usually go through, carrying bytes of a known size.
#pragma once

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/socket_pair.h"

namespace mycelium::bench {

/// One pipe, made before the sides are forked.
struct Pipe {
    Socket out;  ///< to write to
    Socket in;   ///< to read from

    /// Throws std::system_error. `buffer_bytes` 0: the system's default buffer.
    static Pipe create(int buffer_bytes = 0);
};

/// Two processes, a pipe each way, blocking reads and writes.
Measurement raw_pipe_round_trip(const Plan& plan);
/// `gather`: 64 KiB in a write, through a buffer of 1 MiB; else one write for each.
Measurement raw_pipe_stream(const Plan& plan, bool gather);

}  // namespace mycelium::bench
