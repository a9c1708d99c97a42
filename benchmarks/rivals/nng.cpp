// NNG: REQ/REP and PUSH/PULL.
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/fan.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

constexpr int buffered_messages = 128;

void checked(int result, const char* what) {
    if (result != 0) throw std::runtime_error(std::string{what} + ": " + nng_strerror(result));
}

enum class Attach : std::uint8_t { listen, dial };

/// One socket. Messages change hands without a copy (nng_sendmsg, nng_recvmsg); the one that was
/// received last is sent next, where there is one.
class Channel {
public:
    using Open = int (*)(nng_socket*);

    Channel(Open open, Attach attach, const std::string& url, std::size_t bytes) : bytes_(bytes) {
        checked(open(&socket_), "open");
        checked(nng_socket_set_size(socket_, NNG_OPT_RECVMAXSZ, 0), NNG_OPT_RECVMAXSZ);
        // REQ and REP have no such buffers, PUSH and PULL one each.
        nng_socket_set_int(socket_, NNG_OPT_SENDBUF, buffered_messages);
        nng_socket_set_int(socket_, NNG_OPT_RECVBUF, buffered_messages);
        checked(attach == Attach::listen ? nng_listen(socket_, url.c_str(), nullptr, 0)
                                         : nng_dial(socket_, url.c_str(), nullptr, 0),
                url.c_str());
    }
    ~Channel() {
        nng_msg_free(last_);
        nng_close(socket_);
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    void send(std::uint64_t number) {
        nng_msg* message = std::exchange(last_, nullptr);
        if (!message) checked(nng_msg_alloc(&message, bytes_), "nng_msg_alloc");
        stamp({static_cast<std::byte*>(nng_msg_body(message)), bytes_}, number);
        if (const int result = nng_sendmsg(socket_, message, 0); result != 0) {
            nng_msg_free(message);
            checked(result, "nng_sendmsg");
        }
    }
    void flush() noexcept {}
    Arrival receive() {
        if (last_) nng_msg_free(std::exchange(last_, nullptr));
        nng_msg* message = nullptr;
        checked(nng_recvmsg(socket_, &message, 0), "nng_recvmsg");
        if (nng_msg_len(message) != bytes_) {
            nng_msg_free(message);
            return {0, Arrival::Kind::wrong, false};
        }
        last_ = message;
        return read_stamp({static_cast<const std::byte*>(nng_msg_body(message)), bytes_});
    }

private:
    nng_socket socket_ = NNG_SOCKET_INITIALIZER;
    std::size_t bytes_;
    nng_msg* last_ = nullptr;
};

std::string url_of(Way way, const TemporaryDirectory& directory, std::size_t index = 0) {
    if (way == Way::tcp) return "tcp://127.0.0.1:" + std::to_string(free_tcp_port());
    const std::string name = "/rival" + std::to_string(index);
    return way == Way::inproc ? "inproc:/" + name : "ipc://" + directory.path() + name;
}

Scene scene_of(Way way) { return {way == Way::inproc ? Company::threads : Company::processes}; }

Entry round_trip(Way way) {
    return {Job::round_trip, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return round_trip_of(
                    plan, scene_of(way),
                    [&] { return Channel(nng_req0_open, Attach::dial, url, plan.bytes); },
                    [&] { return Channel(nng_rep0_open, Attach::listen, url, plan.bytes); });
            }};
}

Entry stream(Way way) {
    return {Job::stream, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return stream_of(
                    plan, scene_of(way), First::receivers, 1,
                    [&] { return Channel(nng_push0_open, Attach::dial, url, plan.bytes); },
                    [&](std::size_t) {
                        return Channel(nng_pull0_open, Attach::listen, url, plan.bytes);
                    });
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
                fan.add(
                    std::make_unique<Channel>(nng_push0_open, Attach::dial, url(i), plan.bytes));
            return fan;
        },
        [&](std::size_t index) {
            return Channel(nng_pull0_open, Attach::listen, url(index), plan.bytes);
        });
}

}  // namespace

Rival nng() {
    Rival rival{
        "nng",
        nng_version(),
        "REQ/REP, PUSH/PULL with buffers of 128 messages (NNG_OPT_SENDBUF), messages handed "
        "over by nng_sendmsg and nng_recvmsg, which do not copy (nng_sendmsg); fan-out by a "
        "PUSH socket for each receiver, for PUB drops (nng_pub)",
        {}};
    for (const Way way : {Way::unix_socket, Way::tcp, Way::inproc}) {
        rival.entries.push_back(round_trip(way));
        rival.entries.push_back(stream(way));
    }
    rival.entries.push_back({Job::fan_out, Way::unix_socket, fan_out});
    return rival;
}

}  // namespace mycelium::bench
