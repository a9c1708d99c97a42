#include "benchmarks/raw/socket_pair.h"

#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mycelium::bench {
namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

SocketPair unix_pair() {
    int fds[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair");
    return {Socket{fds[0]}, Socket{fds[1]}};
}

SocketPair tcp_pair() {
    const Socket listener{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    checked(::bind(listener.fd(), generic, size), "bind");
    checked(::listen(listener.fd(), 1), "listen");
    checked(::getsockname(listener.fd(), generic, &size), "getsockname");
    Socket near{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    checked(::connect(near.fd(), generic, size), "connect");
    Socket far{checked(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC), "accept")};
    const int on = 1;
    for (const Socket* socket : {&near, &far})
        checked(::setsockopt(socket->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
                "TCP_NODELAY");
    return {std::move(near), std::move(far)};
}

/// As much as the system allows, beyond its usual limit where the user may.
void set_buffers(int fd, std::size_t bytes) {
    const int value = static_cast<int>(bytes);
    if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &value, sizeof value) < 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof value) < 0)
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
}

}  // namespace

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

SocketPair SocketPair::create(SocketKind kind, std::size_t buffer_bytes) {
    SocketPair pair = kind == SocketKind::unix_stream ? unix_pair() : tcp_pair();
    if (buffer_bytes != 0)
        for (const Socket* socket : {&pair.near, &pair.far})
            set_buffers(socket->fd(), buffer_bytes);
    return pair;
}

}  // namespace mycelium::bench
