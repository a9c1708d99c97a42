// ZeroMQ by its C library: REQ/REP, PUSH/PULL, XPUB/SUB.
#include <zmq.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <sched.h>

#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/block_pool.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

int checked(int result, const char* what) {
    if (result == -1) throw std::runtime_error(std::string{what} + ": " + zmq_strerror(errno));
    return result;
}

/// A context; of a process, or of both threads of one.
class Context {
public:
    Context() : context_(zmq_ctx_new()) {}
    ~Context() { zmq_ctx_term(context_); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    void* get() const noexcept { return context_; }

private:
    void* context_;
};

enum class Attach : std::uint8_t { bind, connect };

/// One socket. Small messages are copied in, as zmq_send does; large ones lent, as
/// zmq_msg_init_data does.
class Channel {
public:
    Channel(std::shared_ptr<Context> context, int type, Attach attach, const std::string& url,
            std::size_t bytes)
        : context_(std::move(context)),
          socket_(zmq_socket(context_->get(), type)),
          out_(bytes, std::byte{'x'}) {
        if (!socket_) throw std::runtime_error(zmq_strerror(errno));
        set(ZMQ_LINGER, 0);
        if (type == ZMQ_XPUB) {
            set(ZMQ_XPUB_NODROP, 1);
            set(ZMQ_XPUB_VERBOSE, 1);
        }
        if (type == ZMQ_SUB) checked(zmq_setsockopt(socket_, ZMQ_SUBSCRIBE, "", 0), "subscribe");
        checked(attach == Attach::bind ? zmq_bind(socket_, url.c_str())
                                       : zmq_connect(socket_, url.c_str()),
                url.c_str());
        if (bytes >= large_bytes) pool_ = std::make_unique<BlockPool>(bytes);
    }
    ~Channel() { zmq_close(socket_); }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// A subscription arrives as a message.
    void wait_for(std::size_t receivers) {
        int type = 0;
        std::size_t size = sizeof type;
        checked(zmq_getsockopt(socket_, ZMQ_TYPE, &type, &size), "type");
        std::byte subscription[1];
        for (std::size_t i = 0; type == ZMQ_XPUB && i < receivers; ++i)
            retried([&] { return zmq_recv(socket_, subscription, sizeof subscription, 0); });
    }
    void send(std::uint64_t number) {
        if (pool_) {
            send_lent(number);
            return;
        }
        stamp(out_, number);
        retried([&] { return zmq_send(socket_, out_.data(), out_.size(), 0); });
    }
    void flush() noexcept {}
    Arrival receive() {
        zmq_msg_t message;
        zmq_msg_init(&message);
        retried([&] { return zmq_msg_recv(&message, socket_, 0); });
        Arrival arrival{0, Arrival::Kind::wrong, false};
        if (zmq_msg_size(&message) == out_.size())
            arrival = read_stamp(
                {static_cast<const std::byte*>(zmq_msg_data(&message)), zmq_msg_size(&message)});
        zmq_msg_close(&message);
        return arrival;
    }

private:
    void set(int option, int value) {
        checked(zmq_setsockopt(socket_, option, &value, sizeof value), "option");
    }
    template <class Call>
    static void retried(Call&& call) {
        while (call() == -1)
            if (errno != EINTR) throw std::runtime_error(zmq_strerror(errno));
    }
    void send_lent(std::uint64_t number) {
        auto* block = new std::shared_ptr<Block>(pool_->take(number, [] { ::sched_yield(); }));
        const auto let_go = [](void*, void* held) {
            delete static_cast<std::shared_ptr<Block>*>(held);
        };
        zmq_msg_t message;
        zmq_msg_init_data(&message, (*block)->bytes.data(), (*block)->bytes.size(), let_go, block);
        retried([&] { return zmq_msg_send(&message, socket_, 0); });
    }

    std::shared_ptr<Context> context_;
    void* socket_;
    std::vector<std::byte> out_;
    std::unique_ptr<BlockPool> pool_;
};

std::string url_of(Way way, const TemporaryDirectory& directory) {
    if (way == Way::tcp) return "tcp://127.0.0.1:" + std::to_string(free_tcp_port());
    return way == Way::inproc ? "inproc://rival" : "ipc://" + directory.path() + "/rival";
}

/// Threads of one process share what the first of them makes; who is second has waited for it.
class Contexts {
public:
    std::shared_ptr<Context> get(Company company) {
        if (company != Company::threads) return std::make_shared<Context>();
        if (!shared_) shared_ = std::make_shared<Context>();
        return shared_;
    }

private:
    std::shared_ptr<Context> shared_;
};

Scene scene_of(Way way) { return {way == Way::inproc ? Company::threads : Company::processes}; }

Entry round_trip(Way way) {
    return {Job::round_trip, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                const Scene scene = scene_of(way);
                Contexts contexts;
                return round_trip_of(
                    plan, scene,
                    [&] {
                        return Channel(contexts.get(scene.company), ZMQ_REQ, Attach::connect, url,
                                       plan.bytes);
                    },
                    [&] {
                        return Channel(contexts.get(scene.company), ZMQ_REP, Attach::bind, url,
                                       plan.bytes);
                    });
            }};
}

Entry stream(Way way) {
    return {Job::stream, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                const Scene scene = scene_of(way);
                Contexts contexts;
                return stream_of(
                    plan, scene, First::receivers, 1,
                    [&] {
                        return Channel(contexts.get(scene.company), ZMQ_PUSH, Attach::connect, url,
                                       plan.bytes);
                    },
                    [&](std::size_t) {
                        return Channel(contexts.get(scene.company), ZMQ_PULL, Attach::bind, url,
                                       plan.bytes);
                    });
            }};
}

Entry fan_out(Way way) {
    return {Job::fan_out, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return stream_of(
                    plan, {}, First::sender, receivers_max,
                    [&] {
                        return Channel(std::make_shared<Context>(), ZMQ_XPUB, Attach::bind, url,
                                       plan.bytes);
                    },
                    [&](std::size_t) {
                        return Channel(std::make_shared<Context>(), ZMQ_SUB, Attach::connect, url,
                                       plan.bytes);
                    });
            }};
}

}  // namespace

Rival zeromq() {
    int major = 0;
    int minor = 0;
    int patch = 0;
    zmq_version(&major, &minor, &patch);
    Rival rival{
        "zeromq",
        std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch),
        "REQ/REP, PUSH/PULL with default marks; fan-out XPUB with ZMQ_XPUB_NODROP, for PUB "
        "drops (zmq_setsockopt); from 64 KiB on zmq_msg_init_data, not copied (zmq_msg_init_data)",
        {}};
    for (const Way way : {Way::unix_socket, Way::tcp, Way::inproc}) {
        rival.entries.push_back(round_trip(way));
        rival.entries.push_back(stream(way));
    }
    for (const Way way : {Way::unix_socket, Way::tcp}) rival.entries.push_back(fan_out(way));
    return rival;
}

}  // namespace mycelium::bench
