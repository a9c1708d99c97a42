#include "benchmarks/rivals/raw_pipe.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/byte_channel.h"
#include "benchmarks/raw/channel_sides.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

constexpr int large_buffer_bytes = 1 << 20;

ByteChannel channel_of(const Pipe& out, const Pipe& in, const Plan& plan, bool gather = false) {
    return {out.out.fd(), in.in.fd(), plan.bytes, gather};
}

}  // namespace

Pipe Pipe::create(int buffer_bytes) {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    Pipe pipe{Socket{fds[1]}, Socket{fds[0]}};
    // The system may allow less: then it stays as it is.
    if (buffer_bytes != 0) ::fcntl(fds[1], F_SETPIPE_SZ, buffer_bytes);
    return pipe;
}

Measurement raw_pipe_round_trip(const Plan& plan) {
    const Pipe there = Pipe::create();
    const Pipe back = Pipe::create();
    Twins twins;
    twins.near = [&](Arena& arena) {
        ByteChannel channel = channel_of(there, back, plan);
        ping_over(arena, plan, channel);
    };
    twins.far = [&](Arena& arena) {
        ByteChannel channel = channel_of(back, there, plan);
        pong_over(arena, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_pipe_stream(const Plan& plan, bool gather) {
    const Pipe there = Pipe::create(gather ? large_buffer_bytes : 0);
    Twins twins;
    twins.near = [&](Arena& arena) {
        ByteChannel channel = channel_of(there, there, plan, gather);
        pump_over(arena, plan, channel);
    };
    twins.far = [&](Arena& arena) {
        ByteChannel channel = channel_of(there, there, plan, gather);
        sink_over(arena, arena.far, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
