// Cap'n Proto RPC over a unix socket: each message is a call.
#include <capnp/common.h>
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/async.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "benchmarks/raw/block_pool.h"
#include "benchmarks/raw/socket_pair.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"
#include "capnproto.capnp.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t calls_in_flight_max = 64;

/// Large ones wait in small number, as Mycelium's do.
std::size_t calls_in_flight_of(std::size_t bytes) {
    return bytes >= large_bytes ? large_blocks_of(bytes) / 2 : calls_in_flight_max;
}

capnp::Data::Reader data_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

Arrival arrival_in(capnp::Data::Reader data, std::size_t bytes) {
    if (data.size() != bytes) return {0, Arrival::Kind::wrong, false};
    return read_stamp({reinterpret_cast<const std::byte*>(data.begin()), data.size()});
}

/// The event loop of one side, and its end of the socket; the other side sees when it goes.
class Line {
public:
    explicit Line(const Socket& ours)
        : io_(kj::setupAsyncIo()),
          fd_(ours.fd()),
          stream_(io_.lowLevelProvider->wrapSocketFd(fd_)) {}
    ~Line() { ::shutdown(fd_, SHUT_RDWR); }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    kj::AsyncIoStream& stream() { return *stream_; }
    kj::WaitScope& wait_scope() { return io_.waitScope; }

private:
    kj::AsyncIoContext io_;
    int fd_;
    kj::Own<kj::AsyncIoStream> stream_;
};

class Calling {
public:
    Calling(const SocketPair& pair, std::size_t bytes)
        : line_(pair.near),
          client_(line_.stream()),
          talk_(client_.bootstrap().castAs<rivals::Talk>()),
          out_(bytes, std::byte{'x'}),
          size_hint_{bytes / sizeof(capnp::word) + 16, 0} {}

protected:
    Line line_;
    capnp::TwoPartyClient client_;
    rivals::Talk::Client talk_;
    std::vector<std::byte> out_;
    capnp::MessageSize size_hint_;
};

/// Asks, and waits for the answer.
class Asking : private Calling {
public:
    using Calling::Calling;
    void send(std::uint64_t number) { stamp(out_, number); }
    void flush() noexcept {}
    Arrival receive() {
        auto request = talk_.echoRequest(size_hint_);
        request.setMessage(data_of(out_));
        const auto answer = request.send().wait(line_.wait_scope());
        return arrival_in(answer.getMessage(), out_.size());
    }
};

/// Waits only for the oldest of so many calls.
class Putting : private Calling {
public:
    using Calling::Calling;
    void send(std::uint64_t number) {
        if (calls_.size() == calls_in_flight_of(out_.size())) wait_for_oldest();
        stamp(out_, number);
        auto request = talk_.putRequest(size_hint_);
        request.setMessage(data_of(out_));
        calls_.push_back(request.send().ignoreResult());
    }
    void flush() {
        while (!calls_.empty()) wait_for_oldest();
    }

private:
    void wait_for_oldest() {
        calls_.front().wait(line_.wait_scope());
        calls_.pop_front();
    }
    std::deque<kj::Promise<void>> calls_;
};

/// What has arrived, for a loop outside of the event loop.
class Inbox {
public:
    void put(const Arrival& arrival) {
        arrivals_.push_back(arrival);
        if (waiting_ && waiting_->isWaiting()) waiting_->fulfill();
    }
    Arrival take(kj::WaitScope& wait_scope) {
        while (arrivals_.empty()) {
            auto arrived = kj::newPromiseAndFulfiller<void>();
            waiting_ = kj::mv(arrived.fulfiller);
            arrived.promise.wait(wait_scope);
        }
        const Arrival arrival = arrivals_.front();
        arrivals_.pop_front();
        return arrival;
    }

private:
    std::deque<Arrival> arrivals_;
    kj::Own<kj::PromiseFulfiller<void>> waiting_;
};

class Talk final : public rivals::Talk::Server {
public:
    Talk(Inbox& inbox, std::size_t bytes) : inbox_(inbox), bytes_(bytes) {}
    kj::Promise<void> echo(EchoContext context) override {
        const auto message = context.getParams().getMessage();
        inbox_.put(arrival_in(message, bytes_));
        context.getResults(capnp::MessageSize{bytes_ / sizeof(capnp::word) + 16, 0})
            .setMessage(message);
        return kj::READY_NOW;
    }
    kj::Promise<void> put(PutContext context) override {
        inbox_.put(arrival_in(context.getParams().getMessage(), bytes_));
        return kj::READY_NOW;
    }

private:
    Inbox& inbox_;
    std::size_t bytes_;
};

/// Answers of its own accord, in the event loop.
class Answering {
public:
    Answering(const SocketPair& pair, std::size_t bytes)
        : line_(pair.far),
          server_(kj::heap<Talk>(inbox_, bytes)),
          served_(server_.accept(line_.stream())) {}
    Arrival receive() {
        const Arrival arrival = inbox_.take(line_.wait_scope());
        // The sender waits for the answer to the last call too.
        if (arrival.is_last) kj::Promise<void>(kj::NEVER_DONE).poll(line_.wait_scope());
        return arrival;
    }
    /// The answer is on its way, but for the last: until it has arrived and the asker has gone.
    void send(std::uint64_t number) {
        if ((number & last_bit) != 0) served_.wait(line_.wait_scope());
    }
    void flush() noexcept {}

private:
    Line line_;
    Inbox inbox_;
    capnp::TwoPartyServer server_;
    kj::Promise<void> served_;
};

Measurement round_trip(const Plan& plan) {
    const SocketPair pair = SocketPair::create(SocketKind::unix_stream);
    return round_trip_of(
        plan, {}, [&] { return Asking(pair, plan.bytes); },
        [&] { return Answering(pair, plan.bytes); });
}

Measurement stream(const Plan& plan) {
    const SocketPair pair = SocketPair::create(SocketKind::unix_stream);
    return stream_of(
        plan, {}, First::receivers, 1, [&] { return Putting(pair, plan.bytes); },
        [&](std::size_t) { return Answering(pair, plan.bytes); });
}

std::string version() {
    return std::to_string(CAPNP_VERSION / 1'000'000) + "." +
           std::to_string(CAPNP_VERSION / 1000 % 1000) + "." + std::to_string(CAPNP_VERSION % 1000);
}

}  // namespace

Rival capnproto() {
    return {
        "capnproto",
        version(),
        "RPC between two parties over a unix socket, each in its event loop; calls with a "
        "member of type Data; streams with 64 calls in flight",
        {{Job::round_trip, Way::unix_socket, round_trip}, {Job::stream, Way::unix_socket, stream}}};
}

}  // namespace mycelium::bench
