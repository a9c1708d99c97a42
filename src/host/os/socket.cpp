#include "host/os/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <array>
#include <cerrno>

#include "host/os/error.h"
#include "host/os/system_call.h"

namespace mycelium::os {
namespace {

constexpr std::size_t gathered_max = 128;  // parts per system call; the kernel's IOV_MAX is 1024
constexpr int vanished_clients_max =
    64;  // passed over in one accept_from(); the listener stays readable

int result_of(int returned) noexcept { return returned == 0 ? 0 : errno; }

int set(int socket, int level, int option, int value) noexcept {
    return result_of(::setsockopt(socket, level, option, &value, sizeof value));
}

// accept(2): errors of the connection that was waiting are handed out by accept; they say nothing
// about the listener.
bool is_the_clients(int error) noexcept {
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case ETIMEDOUT:
        case EPERM:
            return true;
        default:
            return false;
    }
}

Moved moved(ssize_t returned) noexcept {
    if (returned >= 0) return {.count = static_cast<std::size_t>(returned)};
    if (errno == EAGAIN) return {.would_block = true};
    return {.error = errno};
}

// One system call for up to gathered_max parts, of which `size` bytes are to go.
struct Gathered {
    std::array<iovec, gathered_max> vectors;
    std::size_t count = 0;
    std::size_t size = 0;

    void add(std::span<const std::byte> part) noexcept {
        if (part.empty()) return;
        vectors[count++] = {.iov_base = const_cast<std::byte*>(part.data()),
                            .iov_len = part.size()};
        size += part.size();
    }
    Moved send(int socket) noexcept {
        msghdr message{};
        message.msg_iov = vectors.data();
        message.msg_iovlen = count;
        ssize_t sent = -1;
        do {
            sent = system_call::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        } while (sent < 0 && errno == EINTR);
        return moved(sent);
    }
};

}  // namespace

Result<Fd> open_stream_socket(const Address& address) {
    Fd fd = Fd::adopt(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return error_from(errno, "opening a socket");
    return fd;
}

int bind_socket(int socket, const Address& address) noexcept {
    return result_of(::bind(socket, address.data(), address.size()));
}

int listen_on(int socket) noexcept { return result_of(::listen(socket, SOMAXCONN)); }

int connect_socket(int socket, const Address& address) noexcept {
    const int error = result_of(::connect(socket, address.data(), address.size()));
    return error == EINTR ? EINPROGRESS : error;  // it goes on, as if it had not been interrupted
}

Accepted accept_from(int listener) noexcept {
    for (int vanished = 0; vanished < vanished_clients_max; ++vanished) {
        Fd fd = Fd::adopt(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) return {.fd = std::move(fd)};
        if (errno == EAGAIN) return {};
        if (!is_the_clients(errno)) return {.fd = {}, .error = errno};
    }
    return {};
}

int error_of(int socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

Moved receive(int socket, std::span<std::byte> into) noexcept {
    ssize_t received = -1;
    do {
        received = system_call::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    return moved(received);
}

Moved send(int socket, std::span<const std::span<const std::byte>> parts) noexcept {
    Moved total;
    while (!parts.empty()) {
        Gathered gathered;
        while (!parts.empty() && gathered.count < gathered_max) {
            gathered.add(parts.front());
            parts = parts.subspan(1);
        }
        if (gathered.count == 0) break;
        const Moved now = gathered.send(socket);
        if (now.count == 0 && total.count == 0) return now;
        total.count += now.count;
        if (now.count < gathered.size) break;  // an error shows again in the next call
    }
    return total;
}

void shut_down(int socket) noexcept { ::shutdown(socket, SHUT_RDWR); }

int reuse_address(int socket) noexcept { return set(socket, SOL_SOCKET, SO_REUSEADDR, 1); }

int set_tcp_options(int socket) noexcept {
    constexpr int silence_s = 10;
    constexpr int interval_s = 3;
    constexpr int probes = 3;
    constexpr int unacknowledged_ms = 20'000;
    struct Option {
        int level;
        int name;
        int value;
    };
    for (const Option option :
         {Option{IPPROTO_TCP, TCP_NODELAY, 1}, Option{IPPROTO_TCP, TCP_KEEPIDLE, silence_s},
          Option{IPPROTO_TCP, TCP_KEEPINTVL, interval_s}, Option{IPPROTO_TCP, TCP_KEEPCNT, probes},
          Option{IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_ms},
          Option{SOL_SOCKET, SO_KEEPALIVE, 1}}) {
        if (const int error = set(socket, option.level, option.name, option.value); error != 0) {
            return error;
        }
    }
    return 0;
}

int set_send_buffer(int socket, int bytes) noexcept {
    return set(socket, SOL_SOCKET, SO_SNDBUF, bytes);
}

}  // namespace mycelium::os
