#include "host/stream/tcp.h"

#include <cerrno>
#include <string>
#include <utility>

#include "host/os/error.h"
#include "host/os/process.h"
#include "host/os/resolver.h"
#include "host/os/socket.h"
#include "host/stream/socket_stream.h"

namespace mycelium {
namespace {

using stream::SocketStream;

// Nothing is under way between two ends on one machine: what a large buffer holds only waits there,
// and leaves the processor's cache meanwhile. Between machines the kernel chooses.
constexpr int send_buffer_within_machine = 128 * 1024;

int size_send_buffer(int connected) noexcept {
    const auto own = os::Address::of(connected), peer = os::Address::of_peer(connected);
    const bool is_within_machine = own && peer && own->with_port(0) == peer->with_port(0);
    return is_within_machine ? os::set_send_buffer(connected, send_buffer_within_machine) : 0;
}

int finish_accepting(int socket) noexcept {
    const int error = os::set_tcp_options(socket);
    return error != 0 ? error : size_send_buffer(socket);
}

class TcpListener final : public Listener {
public:
    TcpListener(os::Fd socket, Url url) : socket_(std::move(socket)), url_(std::move(url)) {}
    int fd() const noexcept override { return socket_.get(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<Stream>> accept() noexcept override {
        return stream::accept_stream(fd(), SocketStream::Place::any_machine, finish_accepting);
    }

private:
    os::Fd socket_;
    Url url_;
};

Error not_bound(int error, const os::Address& address) {
    const std::string shown = address.to_string();
    if (error == EADDRINUSE) {
        const auto owner = os::listener_on_tcp_port(address.port());
        return {Errc::unavailable,
                shown + " is in use by " +
                    (owner ? os::describe_process(*owner) : "another user's process") +
                    ": stop it or choose another port",
                error};
    }
    if (error == EADDRNOTAVAIL) {
        return {Errc::invalid,
                shown + " is no address of this machine: choose one that 'ip address' shows",
                error};
    }
    if (error == EACCES) {
        return {Errc::denied, shown + " needs privileges: choose a port from 1024 on", error};
    }
    return os::error_from(error, "binding " + shown);
}

Result<os::Fd> bind_and_listen(const os::Address& address) {
    MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
    int error = os::reuse_address(socket.get());
    if (error == 0) error = os::bind_socket(socket.get(), address);
    if (error == 0) error = os::listen_on(socket.get());
    if (error != 0) return not_bound(error, address);
    return socket;
}

// The first of the host's addresses that can be bound.
Result<os::Fd> bind_to_host(const HostPort& place) {
    MYCELIUM_TRY_ASSIGN(const auto addresses, os::resolve(place.host, place.port));
    auto bound = bind_and_listen(addresses.front());
    for (std::size_t next = 1; !bound && next < addresses.size(); ++next) {
        if (auto other = bind_and_listen(addresses[next])) bound = std::move(other);
    }
    return bound;
}

Error not_connected(int error, const os::Address& address) {
    if (error == ECONNREFUSED) {
        return {Errc::unavailable, "nobody listens at " + address.to_string(), error};
    }
    return os::error_from(error, "connecting to " + address.to_string());
}

class TcpStreams final : public StreamTransport {
public:
    std::string_view scheme() const noexcept override { return "tcp"; }

    Result<std::unique_ptr<Listener>> listen(const Url& url) override {
        MYCELIUM_TRY_ASSIGN(const HostPort place, HostPort::parse(url.place));
        MYCELIUM_TRY_ASSIGN(os::Fd socket, bind_to_host(place));
        Url real = url;
        if (const auto bound = os::Address::of(socket.get())) {
            real.place.resize(real.place.rfind(':') + 1);
            real.place += std::to_string(bound->port());
        }
        return std::unique_ptr<Listener>{
            std::make_unique<TcpListener>(std::move(socket), std::move(real))};
    }

    Result<std::unique_ptr<Stream>> dial(const Url& url) override {
        MYCELIUM_TRY_ASSIGN(const HostPort place, HostPort::parse(url.place));
        if (place.port == 0) {
            return Error{Errc::invalid,
                         "nobody can be dialled at port 0: name the port that is bound"};
        }
        MYCELIUM_TRY_ASSIGN(const os::Address address,
                            resolver_.next_address(place.host, place.port));
        MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
        int error = os::set_tcp_options(socket.get());
        if (error == 0) error = os::connect_socket(socket.get(), address);
        if (error != 0 && error != EINPROGRESS) return not_connected(error, address);
        return std::unique_ptr<Stream>{
            std::make_unique<SocketStream>(std::move(socket), SocketStream::Place::any_machine)};
    }

    Result<void> ready(Stream& stream) override {
        MYCELIUM_TRY(stream::check_connected(stream));
        // Who dials a free port of the range that callers' ports come from may be given that very
        // port, and meet itself.
        const auto own = os::Address::of(stream.fd());
        if (own && own == os::Address::of_peer(stream.fd())) {
            stream.shutdown();
            return Error{Errc::unavailable,
                         "nobody listens at " + own->to_string() + ": the call met itself",
                         ECONNREFUSED};
        }
        if (const int error = size_send_buffer(stream.fd()); error != 0)
            return os::error_from(error, "connecting");
        return {};
    }

private:
    os::Resolver resolver_;
};

}  // namespace

std::shared_ptr<StreamTransport> tcp_streams() { return std::make_shared<TcpStreams>(); }

}  // namespace mycelium
