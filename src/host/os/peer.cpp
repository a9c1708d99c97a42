#include "host/os/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

#include "host/os/user.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace mycelium::os {
namespace {

std::optional<ucred> credentials_of(int socket) noexcept {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return std::nullopt;
    return credentials;
}

bool has_hung_up(int socket) noexcept {
    pollfd polled{.fd = socket, .events = POLLRDHUP, .revents = 0};
    return ::poll(&polled, 1, 0) != 0;
}

// Between the peer's end and pidfd_open its number may have been given to another process. While
// the peer lives, its end of the socket is open: a socket that has not hung up after pidfd_open
// says that the number was still the peer's.
Fd pidfd_by_number(int socket, pid_t pid) noexcept {
    Fd pidfd = Fd::adopt(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (has_hung_up(socket)) pidfd.reset();
    return pidfd;
}

Fd pidfd_of(int socket, pid_t pid, Kernel kernel) noexcept {
    int number = -1;
    socklen_t size = sizeof number;
    if (kernel.has_peer_pidfd) {
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &number, &size) == 0) {
            return Fd::adopt(number);
        }
        if (errno != ENOPROTOOPT)
            return {};  // the peer has ended, or there are no free descriptors
    }
    return pidfd_by_number(socket, pid);
}

}  // namespace

bool has_ended(int pidfd) noexcept {
    if (pidfd < 0) return false;
    pollfd polled{.fd = pidfd, .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, 0) == 1 && (polled.revents & POLLIN) != 0;
}

bool is_peer_own_user(int socket) noexcept {
    const auto credentials = credentials_of(socket);
    return credentials && credentials->uid == effective_user();
}

Peer peer_of(int socket, Kernel kernel) noexcept {
    Peer peer;
    const auto credentials = credentials_of(socket);
    if (!credentials) return peer;
    peer.uid = credentials->uid;
    if (credentials->pid <= 0) return peer;
    peer.pid = credentials->pid;
    peer.pidfd = pidfd_of(socket, credentials->pid, kernel);
    return peer;
}

}  // namespace mycelium::os
