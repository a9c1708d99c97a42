// NATS by its C library: publish and subscribe by way of nats-server.
#include <nats/nats.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

/// A sender that waits for nobody would leave more with the server than it keeps: so much at most.
constexpr std::size_t unconfirmed_bytes_max = 8 << 20;
constexpr std::int64_t patience_ms = 10'000;

void checked(natsStatus status, const char* what) {
    if (status != NATS_OK)
        throw std::runtime_error(std::string{what} + ": " + natsStatus_GetText(status));
}

std::string server_program() {
    const char* given = std::getenv("MYCELIUM_NATS_SERVER");
    return program_of({given ? given : "", "nats-server"});
}

class Server {
public:
    Server()
        : port_(free_tcp_port()),
          daemon_(server_program(), {"nats-server", "-c", written()},
                  [this](const Daemon&) { return answers_at_port(port_); }) {}
    std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
    const Daemon& daemon() const noexcept { return daemon_; }

private:
    std::string written() const {
        std::string path = directory_.path() + "/nats.conf";
        std::ofstream(path) << "host: 127.0.0.1\nport: " << port_
                            << "\nmax_payload: 64MB\nmax_pending: 1GB\n";
        return path;
    }
    TemporaryDirectory directory_;
    std::uint16_t port_;
    Daemon daemon_;
};

/// When what is published leaves.
enum class Leaving : std::uint8_t { at_once, gathered };

class Connection {
public:
    Connection(const std::string& url, Leaving leaving) {
        natsOptions* options = nullptr;
        checked(natsOptions_Create(&options), "natsOptions_Create");
        natsOptions_SetURL(options, url.c_str());
        natsOptions_SetSendAsap(options, leaving == Leaving::at_once);
        const natsStatus status = natsConnection_Connect(&connection_, options);
        natsOptions_Destroy(options);
        checked(status, "natsConnection_Connect");
    }
    ~Connection() { natsConnection_Destroy(connection_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    natsConnection* get() const noexcept { return connection_; }
    /// Until the server has taken everything, subscriptions too.
    void confirm() { checked(natsConnection_FlushTimeout(connection_, patience_ms), "flush"); }

private:
    natsConnection* connection_ = nullptr;
};

class Publishing {
public:
    Publishing(const std::string& url, const char* subject, std::size_t bytes, Leaving leaving)
        : connection_(url, leaving),
          subject_(subject),
          out_(bytes, std::byte{'x'}),
          is_gathered_(leaving == Leaving::gathered) {}
    void send(std::uint64_t number) {
        stamp(out_, number);
        checked(natsConnection_Publish(connection_.get(), subject_, out_.data(),
                                       static_cast<int>(out_.size())),
                "publish");
        unconfirmed_ += out_.size();
        if (is_gathered_ && unconfirmed_ >= unconfirmed_bytes_max) flush();
    }
    void flush() {
        if (is_gathered_) connection_.confirm();
        unconfirmed_ = 0;
    }

private:
    Connection connection_;
    const char* subject_;
    std::vector<std::byte> out_;
    bool is_gathered_;
    std::size_t unconfirmed_ = 0;
};

class Subscription {
public:
    Subscription(const std::string& url, const char* subject, std::size_t bytes)
        : connection_(url, Leaving::at_once), bytes_(bytes) {
        checked(natsConnection_SubscribeSync(&subscription_, connection_.get(), subject),
                "subscribe");
        checked(natsSubscription_SetPendingLimits(subscription_, -1, -1), "limits");
        connection_.confirm();
    }
    ~Subscription() { natsSubscription_Destroy(subscription_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    Arrival receive() {
        natsMsg* message = nullptr;
        checked(natsSubscription_NextMsg(&message, subscription_, patience_ms), "receive");
        Arrival arrival{0, Arrival::Kind::wrong, false};
        if (static_cast<std::size_t>(natsMsg_GetDataLength(message)) == bytes_)
            arrival =
                read_stamp({reinterpret_cast<const std::byte*>(natsMsg_GetData(message)), bytes_});
        natsMsg_Destroy(message);
        return arrival;
    }

private:
    Connection connection_;
    natsSubscription* subscription_ = nullptr;
    std::size_t bytes_;
};

class Conversation {
public:
    Conversation(const std::string& url, const char* out, const char* in, std::size_t bytes)
        : subscription_(url, in, bytes), publishing_(url, out, bytes, Leaving::at_once) {}
    void send(std::uint64_t number) { publishing_.send(number); }
    void flush() { publishing_.flush(); }
    Arrival receive() { return subscription_.receive(); }

private:
    Subscription subscription_;
    Publishing publishing_;
};

Measurement round_trip(const Plan& plan) {
    const Server server;
    const Scene scene{Company::processes, &server.daemon()};
    return round_trip_of(
        plan, scene, [&] { return Conversation(server.url(), "there", "back", plan.bytes); },
        [&] { return Conversation(server.url(), "back", "there", plan.bytes); });
}

Measurement stream_to(std::size_t receivers, const Plan& plan) {
    const Server server;
    const Scene scene{Company::processes, &server.daemon()};
    return stream_of(
        plan, scene, First::receivers, receivers,
        [&] { return Publishing(server.url(), "there", plan.bytes, Leaving::gathered); },
        [&](std::size_t) { return Subscription(server.url(), "there", plan.bytes); });
}

Measurement stream(const Plan& plan) { return stream_to(1, plan); }
Measurement fan_out(const Plan& plan) { return stream_to(receivers_max, plan); }

}  // namespace

Rival nats() {
    const std::string program = server_program();
    if (program.empty())
        return {"nats", nats_GetVersion(), "left out, there is no nats-server here", {}};
    return {"nats",
            version_of(program) + " (client " + nats_GetVersion() + ")",
            "publish and subscribe over TCP; round trips with natsOptions_SetSendAsap; streams "
            "gathered "
            "by the client, with a flush every 8 MiB, no limit at the subscriber and max_pending "
            "1GB, so "
            "that nobody is cut off as a slow consumer (docs.nats.io, Slow Consumers); max_payload "
            "64MB",
            {{Job::round_trip, Way::tcp, round_trip},
             {Job::stream, Way::tcp, stream},
             {Job::fan_out, Way::tcp, fan_out}}};
}

}  // namespace mycelium::bench
