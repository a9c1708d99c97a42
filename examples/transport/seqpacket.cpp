#include "seqpacket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <mycelium/bytes.h>

namespace example {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Io;
using mycelium::Result;
using mycelium::Url;

/// What one packet carries at most. Well below the send buffer, so that a socket which polls as
/// writable takes one.
constexpr std::size_t packet_bytes_max = 32 * mycelium::KiB;
constexpr std::size_t parts_max = 64;

class Socket {
public:
    explicit Socket(int fd) noexcept : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

/// The caller's next step follows from errno; the text says what was tried and what to do.
Error error_of(int error, const Url& url) {
    const std::string what = "seqpacket://" + url.place + ": " + std::strerror(error);
    switch (error) {
        case EADDRINUSE:
            return {Errc::unavailable, what + ": stop the other owner or choose another name",
                    error};
        case ECONNREFUSED:
        case EAGAIN:
            return {Errc::unavailable, what, error};
        case EACCES:
        case EPERM:
            return {Errc::denied, what, error};
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return {Errc::overloaded, what + ": close descriptors or raise the limit", error};
        default:
            return {Errc::internal, what, error};
    }
}

struct Address {
    sockaddr_un bytes{};
    socklen_t size = 0;
};

/// An abstract address: a zero byte, then the name.
Result<Address> address_of(const Url& url) {
    Address address;
    if (url.place.size() + 1 > sizeof address.bytes.sun_path)
        return Error{Errc::invalid, "seqpacket://" + url.place + ": a name has at most " +
                                        std::to_string(sizeof address.bytes.sun_path - 1) +
                                        " bytes"};
    address.bytes.sun_family = AF_UNIX;
    std::memcpy(address.bytes.sun_path + 1, url.place.data(), url.place.size());
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + url.place.size());
    return address;
}

Result<Socket> make_socket(const Url& url) {
    Socket socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (socket.fd() < 0) return error_of(errno, url);
    return socket;
}

Io failed(int error) noexcept {
    if (error == EAGAIN || error == EINTR) return {Io::Kind::would_block, 0, 0};
    return {Io::Kind::broken, 0, error};
}

/// Packets as a stream of bytes.
class SeqpacketStream final : public mycelium::Stream {
public:
    explicit SeqpacketStream(Socket socket) noexcept : socket_(std::move(socket)) {}

    int fd() const noexcept override { return socket_.fd(); }

    /// A packet that is received in part is lost in part. So one that may not fit is only looked
    /// at, behind what was taken of it before, and stays in the socket, which therefore stays
    /// readable, until its last byte is taken.
    Io read(std::span<std::byte> into) noexcept override {
        std::array<std::byte, packet_bytes_max> taken_before;
        iovec parts[2] = {{taken_before.data(), taken_}, {into.data(), into.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        const bool surely_fits = taken_ + into.size() >= packet_bytes_max;
        const int flags = MSG_TRUNC | (surely_fits ? 0 : MSG_PEEK);
        ssize_t packet = ::recvmsg(socket_.fd(), &message, flags);
        // Told once, and before what the peer sent last: it left without reading all of ours.
        if (packet < 0 && errno == ECONNRESET) packet = ::recvmsg(socket_.fd(), &message, flags);
        if (packet < 0) return failed(errno);
        if (packet == 0) return {Io::Kind::end, 0, 0};
        const auto size = static_cast<std::size_t>(packet);
        if (size > packet_bytes_max || size <= taken_) return {Io::Kind::broken, 0, EPROTO};
        const std::size_t count = std::min(size - taken_, into.size());
        taken_ += count;
        if (taken_ == size) {
            taken_ = 0;
            if (!surely_fits) (void)::recv(socket_.fd(), nullptr, 0, MSG_TRUNC);
        }
        return {Io::Kind::done, count, 0};
    }

    /// One packet of as many bytes as may be in one.
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        std::array<iovec, parts_max> vector{};
        std::size_t used = 0, size = 0;
        for (const auto part : parts) {
            if (used == parts_max || size == packet_bytes_max) break;
            const std::size_t count = std::min(part.size(), packet_bytes_max - size);
            if (count == 0) continue;
            vector[used++] = {const_cast<std::byte*>(part.data()), count};
            size += count;
        }
        msghdr message{};
        message.msg_iov = vector.data();
        message.msg_iovlen = used;
        const ssize_t sent = ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL);
        if (sent < 0) return failed(errno);
        return {Io::Kind::done, static_cast<std::size_t>(sent), 0};
    }

    void shutdown() noexcept override { ::shutdown(socket_.fd(), SHUT_RDWR); }

    mycelium::PeerIdentity peer() const noexcept override {
        ucred credentials{};
        socklen_t size = sizeof credentials;
        mycelium::PeerIdentity peer;
        if (::getsockopt(socket_.fd(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
            peer.pid = credentials.pid;
            peer.uid = credentials.uid;
        }
        return peer;
    }

private:
    Socket socket_;
    std::size_t taken_ = 0;  // bytes of the packet at the front of the socket that were handed out
};

class SeqpacketListener final : public mycelium::Listener {
public:
    SeqpacketListener(Socket socket, Url url) noexcept
        : socket_(std::move(socket)), url_(std::move(url)) {}

    int fd() const noexcept override { return socket_.fd(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<mycelium::Stream>> accept() noexcept override {
        Socket accepted{::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (accepted.fd() >= 0) return std::make_unique<SeqpacketStream>(std::move(accepted));
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
            return std::unique_ptr<mycelium::Stream>{};
        return error_of(errno, url_);
    }

private:
    Socket socket_;
    Url url_;
};

class SeqpacketTransport final : public mycelium::StreamTransport {
public:
    std::string_view scheme() const noexcept override { return "seqpacket"; }

    Result<std::unique_ptr<mycelium::Listener>> listen(const Url& url) override {
        MYCELIUM_TRY_ASSIGN(const Address address, address_of(url));
        MYCELIUM_TRY_ASSIGN(Socket socket, make_socket(url));
        if (::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) !=
                0 ||
            ::listen(socket.fd(), SOMAXCONN) != 0)
            return error_of(errno, url);
        return std::make_unique<SeqpacketListener>(std::move(socket), url);
    }

    Result<std::unique_ptr<mycelium::Stream>> dial(const Url& url) override {
        MYCELIUM_TRY_ASSIGN(const Address address, address_of(url));
        MYCELIUM_TRY_ASSIGN(Socket socket, make_socket(url));
        if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address.bytes),
                      address.size) != 0)
            return error_of(errno, url);
        return std::make_unique<SeqpacketStream>(std::move(socket));
    }

    bool is_local() const noexcept override { return true; }
};

}  // namespace

std::shared_ptr<mycelium::StreamTransport> seqpacket_streams() {
    return std::make_shared<SeqpacketTransport>();
}

}  // namespace example
