#include "host/stream/socket_stream.h"

#include <cerrno>
#include <new>
#include <string>

#include "host/os/error.h"
#include "host/os/peer.h"
#include "host/os/socket.h"

namespace mycelium::stream {
namespace {

Io io_of(const os::Moved& moved, Io::Kind when_none) noexcept {
    if (moved.count > 0) return {.kind = Io::Kind::done, .count = moved.count};
    if (moved.would_block) return {.kind = Io::Kind::would_block};
    if (moved.error != 0) return {.kind = Io::Kind::broken, .error = moved.error};
    return {.kind = when_none};
}

}  // namespace

Io SocketStream::read(std::span<std::byte> into) noexcept {
    if (into.empty()) return {};  // recv() would answer as at the end of the stream
    return io_of(os::receive(socket_.get(), into), Io::Kind::end);
}

Io SocketStream::write(std::span<const std::span<const std::byte>> parts) noexcept {
    return io_of(os::send(socket_.get(), parts), Io::Kind::done);
}

void SocketStream::shutdown() noexcept { os::shut_down(socket_.get()); }

PeerIdentity SocketStream::peer() const noexcept {
    if (place_ != Place::this_machine) return {};
    os::Peer peer = os::peer_of(socket_.get(), kernel_);
    return {.pid = peer.pid, .uid = peer.uid, .pidfd = peer.pidfd.release()};
}

Result<void> check_connected(const Stream& stream) {
    if (stream.fd() < 0) return os::forked();
    if (const int error = os::error_of(stream.fd()); error != 0) {
        return os::error_from(error, "connecting");
    }
    if (os::Address::of_peer(stream.fd())) return {};
    return os::error_from(ENOTCONN, "connecting");
}

Result<std::unique_ptr<Stream>> accept_stream(int listener, SocketStream::Place peer,
                                              int (*finish)(int socket) noexcept) noexcept {
    if (listener < 0) return os::forked();
    os::Accepted accepted = os::accept_from(listener);
    if (accepted.error != 0) return os::error_from(accepted.error, "accepting a connection");
    if (!accepted.fd) return std::unique_ptr<Stream>{};
    // A client that has gone in between is nobody.
    if (finish != nullptr && finish(accepted.fd.get()) != 0) return std::unique_ptr<Stream>{};
    auto* stream = new (std::nothrow) SocketStream{std::move(accepted.fd), peer};
    if (stream == nullptr) return Error{Errc::overloaded, "no memory", ENOMEM};
    return std::unique_ptr<Stream>{stream};
}

}  // namespace mycelium::stream
