#include "host/os/readiness.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "host/os/error.h"

namespace mycelium::os {

namespace {

bool is_from_us(const msghdr& message) noexcept {
    for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(part))) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
        ucred who{};
        const auto* from = CMSG_DATA(part);
        std::copy(from, from + sizeof who, reinterpret_cast<unsigned char*>(&who));
        return who.uid == ::geteuid() || who.uid == 0;
    }
    return false;
}

bool has_ready_line(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (text.substr(0, end) == "READY=1") return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

}  // namespace

Result<ReadySocket> ReadySocket::create() {
    ReadySocket result;
    result.socket_ = Fd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!result.socket_) return error_from(errno, "a socket for readiness");
    const int fd = result.socket_.get();
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    // Without a name the kernel gives an abstract one that nobody has.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socklen_t size = sizeof address.sun_family;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0)
        return error_from(errno, "a name for readiness");
    size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    const std::size_t name_bytes = size - offsetof(sockaddr_un, sun_path) - 1;
    result.address_ = "@" + std::string{address.sun_path + 1, name_bytes};
    return result;
}

bool ReadySocket::try_ready() noexcept {
    constexpr int datagrams_max = 64;  // of one turn
    bool is_ready = false;
    for (int n = 0; n < datagrams_max; ++n) {
        std::array<char, 4096> text;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control;
        iovec piece{text.data(), text.size()};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return is_ready;
        is_ready |=
            is_from_us(message) && has_ready_line({text.data(), static_cast<std::size_t>(count)});
    }
    return is_ready;
}

Result<void> say_ready() {
    const char* const where = ::getenv("NOTIFY_SOCKET");
    if (where == nullptr || *where == '\0') return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(where);
    if (length >= sizeof address.sun_path)
        return Error{Errc::invalid, "NOTIFY_SOCKET is longer than a socket's name may be"};
    std::copy(where, where + length, address.sun_path);
    if (*where == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    const Fd socket = Fd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval patience{1, 0};  // should whoever reads it be slow
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    constexpr std::string_view text = "READY=1";
    if (!socket || ::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL,
                            reinterpret_cast<const sockaddr*>(&address), size) < 0)
        return error_from(errno, "saying that the service is ready");
    return {};
}

}  // namespace mycelium::os
