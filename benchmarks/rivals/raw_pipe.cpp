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

class PipeChannel {
public:
    PipeChannel(const Pipe& out, const Pipe& in, std::size_t bytes, bool gather)
        : out_(out.out.fd(), bytes, gather), in_(in.in.fd(), bytes, false) {}
    void send(std::uint64_t number) { out_.send(number); }
    void flush() { out_.flush(); }
    Arrival receive() { return in_.receive(); }

private:
    ByteChannel out_;
    ByteChannel in_;
};

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
        PipeChannel channel(there, back, plan.bytes, false);
        ping_over(arena, plan, channel);
    };
    twins.far = [&](Arena& arena) {
        PipeChannel channel(back, there, plan.bytes, false);
        pong_over(arena, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement raw_pipe_stream(const Plan& plan, bool gather) {
    const Pipe there = Pipe::create(gather ? large_buffer_bytes : 0);
    Twins twins;
    twins.near = [&](Arena& arena) {
        PipeChannel channel(there, there, plan.bytes, gather);
        pump_over(arena, plan, channel);
    };
    twins.far = [&](Arena& arena) {
        PipeChannel channel(there, there, plan.bytes, gather);
        sink_over(arena, arena.far, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
