// nanomsg: REQ/REP and PUSH/PULL.
#include <nanomsg/nn.h>
#include <nanomsg/pipeline.h>
#include <nanomsg/reqrep.h>
#include <nanomsg/tcp.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/block_pool.h"
#include "benchmarks/rivals/fan.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string{what} + ": " + nn_strerror(nn_errno()));
    return result;
}

constexpr int large_buffer_bytes = 4 << 20;

enum class Attach : std::uint8_t { bind, connect };

/// One socket. What arrives is read in nanomsg's own memory (NN_MSG), and sent back in it.
class Channel {
public:
    Channel(int protocol, Attach attach, const std::string& url, std::size_t bytes)
        : socket_(checked(nn_socket(AF_SP, protocol), "nn_socket")), out_(bytes, std::byte{'x'}) {
        const int unlimited = -1;
        checked(nn_setsockopt(socket_, NN_SOL_SOCKET, NN_RCVMAXSIZE, &unlimited, sizeof unlimited),
                "NN_RCVMAXSIZE");
        if (bytes >= large_bytes)
            for (const int option : {NN_SNDBUF, NN_RCVBUF})
                checked(nn_setsockopt(socket_, NN_SOL_SOCKET, option, &large_buffer_bytes,
                                      sizeof large_buffer_bytes),
                        "buffers");
        // A stream is gathered by Nagle's delay, a round trip waits for it.
        const int no_delay = protocol == NN_REQ || protocol == NN_REP ? 1 : 0;
        checked(nn_setsockopt(socket_, NN_TCP, NN_TCP_NODELAY, &no_delay, sizeof no_delay),
                "NN_TCP_NODELAY");
        checked(attach == Attach::bind ? nn_bind(socket_, url.c_str())
                                       : nn_connect(socket_, url.c_str()),
                url.c_str());
    }
    ~Channel() {
        let_go();
        nn_close(socket_);
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    void send(std::uint64_t number) {
        if (last_) {
            stamp({static_cast<std::byte*>(last_), out_.size()}, number);
            retried([&] { return nn_send(socket_, &last_, NN_MSG, 0); });
            last_ = nullptr;
        } else {
            stamp(out_, number);
            retried([&] { return nn_send(socket_, out_.data(), out_.size(), 0); });
        }
    }
    void flush() noexcept {}
    Arrival receive() {
        let_go();
        const int size = retried([&] { return nn_recv(socket_, &last_, NN_MSG, 0); });
        if (static_cast<std::size_t>(size) == out_.size())
            return read_stamp({static_cast<const std::byte*>(last_), out_.size()});
        let_go();
        return {0, Arrival::Kind::wrong, false};
    }

private:
    void let_go() noexcept {
        if (last_) nn_freemsg(std::exchange(last_, nullptr));
    }
    template <class Call>
    static int retried(Call&& call) {
        for (;;) {
            const int result = call();
            if (result >= 0 || nn_errno() != EINTR) return checked(result, "nanomsg");
        }
    }
    int socket_;
    std::vector<std::byte> out_;
    void* last_ = nullptr;
};

std::string url_of(Way way, const TemporaryDirectory& directory, std::size_t index = 0) {
    if (way == Way::tcp) return "tcp://127.0.0.1:" + std::to_string(free_tcp_port());
    return "ipc://" + directory.path() + "/rival" + std::to_string(index);
}

Entry round_trip(Way way) {
    return {Job::round_trip, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return round_trip_of(
                    plan, {}, [&] { return Channel(NN_REQ, Attach::connect, url, plan.bytes); },
                    [&] { return Channel(NN_REP, Attach::bind, url, plan.bytes); });
            }};
}

Entry stream(Way way) {
    return {Job::stream, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return stream_of(
                    plan, {}, First::receivers, 1,
                    [&] { return Channel(NN_PUSH, Attach::connect, url, plan.bytes); },
                    [&](std::size_t) { return Channel(NN_PULL, Attach::bind, url, plan.bytes); });
            }};
}

Measurement fan_out(const Plan& plan) {
    const TemporaryDirectory directory;
    const auto url = [&](std::size_t index) { return url_of(Way::unix_socket, directory, index); };
    return stream_of(
        plan, {}, First::receivers, receivers_max,
        [&] {
            Fan<Channel> fan;
            for (std::size_t i = 0; i < receivers_max; ++i)
                fan.add(std::make_unique<Channel>(NN_PUSH, Attach::connect, url(i), plan.bytes));
            return fan;
        },
        [&](std::size_t index) { return Channel(NN_PULL, Attach::bind, url(index), plan.bytes); });
}

}  // namespace

Rival nanomsg() {
    Rival rival{"nanomsg",
                "1.1 (ABI " + std::to_string(NN_VERSION_CURRENT) + ")",
                "REQ/REP with NN_TCP_NODELAY, PUSH/PULL without (nn_tcp); buffers of "
                "4 MiB from 64 KiB on (NN_SNDBUF); receives with NN_MSG, "
                "answers in the same memory (nn_recv, nn_send); fan-out by a PUSH socket for each "
                "receiver, for PUB drops (nn_pubsub)",
                {}};
    for (const Way way : {Way::unix_socket, Way::tcp}) {
        rival.entries.push_back(round_trip(way));
        rival.entries.push_back(stream(way));
    }
    rival.entries.push_back({Job::fan_out, Way::unix_socket, fan_out});
    return rival;
}

}  // namespace mycelium::bench
