#include "channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <system_error>

namespace mycelium::conformance {

Channel::Channel(Channel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), heard_(std::move(other.heard_)), ended_(other.ended_) {}

Channel::~Channel() {
    if (fd_ >= 0) ::close(fd_);
}

void Channel::say(std::string_view line) {
    std::string text{line};
    text += '\n';
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t n = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        sent += static_cast<std::size_t>(n);
    }
}

std::optional<std::string> Channel::hear(Duration limit) {
    const Instant deadline = after(limit);
    for (;;) {
        if (const auto end = heard_.find('\n'); end != std::string::npos) {
            std::string line = heard_.substr(0, end);
            heard_.erase(0, end + 1);
            return line;
        }
        const auto left = deadline - std::chrono::steady_clock::now();
        if (ended_ || left.count() <= 0) return std::nullopt;
        pollfd polled{fd_, POLLIN, 0};
        const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        if (::poll(&polled, 1, static_cast<int>(std::min<std::int64_t>(left_ms, INT_MAX))) <= 0)
            continue;
        char buffer[4096];
        const ssize_t n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n > 0)
            heard_.append(buffer, static_cast<std::size_t>(n));
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            ended_ = true;
    }
}

void Channel::finish() noexcept { ::shutdown(fd_, SHUT_WR); }

std::pair<Channel, Channel> Channel::pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    return {Channel{fds[0]}, Channel{fds[1]}};
}

}  // namespace mycelium::conformance
