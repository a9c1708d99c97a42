#include "support/raw_peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/wire/frame.h"
#include "core/wire/notices.h"
#include "host/os/passing.h"
#include "host/os/user.h"

namespace mycelium::testing_support {
namespace {

socklen_t unix_address(const std::string& place, sockaddr_un& address) {
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, place.data(), place.size());
    if (place.front() != '@') return sizeof address;
    address.sun_path[0] = '\0';
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + place.size());
}

bool await(int fd, short events, Instant deadline) {
    pollfd polled{fd, events, 0};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return left.count() > 0 && ::poll(&polled, 1, static_cast<int>(left.count())) == 1;
}

}  // namespace

void append(Buffer& to, std::span<const std::byte> more) {
    to.insert(to.end(), more.begin(), more.end());
}

Buffer frame_of(std::span<const std::byte> payload, std::uint8_t flags, std::uint64_t sequence) {
    Header header;
    header.flags = flags;
    header.sequence = sequence;
    Buffer frame(header_bytes);
    wire::encode_frame(header, (flags & flag_unchecked) == 0, payload, {},
                       std::span<std::byte, header_bytes>{frame});
    append(frame, payload);
    return frame;
}

wire::Hello hello_of(wire::Pattern pattern, const Schema& type, const Schema& answer) {
    wire::Hello hello;
    hello.pattern = pattern;
    hello.node = "raw";
    hello.node_id[0] = 1;
    hello.port = 1;
    hello.epoch = 77;
    hello.pid = ::getpid();
    hello.type = wire::TypeInfo::of(type);
    hello.answer = wire::TypeInfo::of(answer);
    hello.queue_messages_max = limits::queue_messages_max;
    hello.queue_bytes_max = limits::queue_bytes_max;
    hello.message_bytes_max = limits::message_bytes_max;
    return hello;
}

Buffer hello_frame(std::span<const std::byte> map) {
    wire::FastMessage message;
    message.id = 1;
    message.method = wire::method_hello;
    message.params = map;
    return frame_of(wire::encode_fast_message(message), flag_control | flag_unchecked);
}

Buffer hello_frame(const wire::Hello& hello) { return hello_frame(wire::encode_hello(hello)); }

RawPeer RawPeer::connect(const std::string& text) {
    const Url url = Url::parse(text).value();
    const bool is_unix = url.scheme == "unix" || url.scheme == "shm";
    sockaddr_un local{};
    sockaddr_in remote{};
    socklen_t size = sizeof remote;
    if (is_unix) {
        const std::string place =
            url.scheme == "unix"
                ? url.place
                : "@mycelium/" + std::to_string(os::effective_user()) + "/" + url.place;
        size = unix_address(place, local);
    } else {
        const HostPort place = HostPort::parse(url.place).value();
        remote.sin_family = AF_INET;
        remote.sin_port = htons(place.port);
        if (::inet_pton(AF_INET, place.host.c_str(), &remote.sin_addr) != 1)
            throw std::runtime_error{text};
    }
    const auto* address =
        is_unix ? reinterpret_cast<sockaddr*>(&local) : reinterpret_cast<sockaddr*>(&remote);
    RawPeer peer{::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (peer.fd_ < 0 || ::connect(peer.fd_, address, size) != 0)
        throw std::runtime_error{text + ": " + std::strerror(errno)};
    return peer;
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      received_(std::move(other.received_)),
      descriptors_(std::move(other.descriptors_)),
      ended_(other.ended_) {}

RawPeer::~RawPeer() {
    if (fd_ >= 0) ::close(fd_);
}

bool RawPeer::send(std::span<const std::byte> bytes, Duration limit) {
    const Instant deadline = after(limit);
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        else if (errno == EAGAIN && await(fd_, POLLOUT, deadline))
            continue;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

bool RawPeer::send_with(std::span<const std::byte> bytes, std::span<const int> descriptors) {
    return os::send_with(fd_, bytes, descriptors).count == bytes.size();
}

os::Fd RawPeer::take_descriptor() {
    if (descriptors_.empty()) return {};
    os::Fd first = std::move(descriptors_.front());
    descriptors_.erase(descriptors_.begin());
    return first;
}

void RawPeer::finish() noexcept { ::shutdown(fd_, SHUT_WR); }

bool RawPeer::read_some(Instant deadline) {
    if (ended_ || !await(fd_, POLLIN, deadline)) return false;
    std::array<std::byte, 65536> buffer;
    const os::Moved moved = os::receive_with(fd_, buffer, descriptors_).moved;
    if (moved.count > 0)
        append(received_, std::span{buffer}.first(moved.count));
    else if (!moved.would_block)
        ended_ = true;
    return !ended_;
}

std::optional<RawPeer::Frame> RawPeer::read_frame(Duration limit) {
    const Instant deadline = after(limit);
    for (;;) {
        const auto begin = std::find_if(received_.begin(), received_.end(),
                                        [](std::byte byte) { return byte != std::byte{0}; });
        received_.erase(received_.begin(), begin);
        auto head = wire::peek_frame(received_, limits::message_bytes_ceiling,
                                     wire::stream_flags | flag_referenced);
        if (!head) return std::nullopt;
        if (*head && received_.size() >= (*head)->size) {
            const auto end = received_.begin() + static_cast<std::ptrdiff_t>((*head)->size);
            Frame frame{(*head)->header, Buffer(received_.begin() + header_bytes, end)};
            received_.erase(received_.begin(), end);
            return frame;
        }
        if (!read_some(deadline)) return std::nullopt;
    }
}

bool RawPeer::is_closed(Duration limit) {
    const Instant deadline = after(limit);
    while (!ended_ && std::chrono::steady_clock::now() < deadline) {
        (void)read_some(deadline);
        received_.clear();
        descriptors_.clear();
    }
    return ended_;
}

std::string RawPeer::introduce(const wire::Hello& hello) {
    if (!send(hello_frame(hello))) return "the other end has closed";
    const auto frame = read_frame();
    if (!frame) return "there was no answer";
    const auto answer = wire::decode_fast_message(frame->payload);
    if (!answer) return answer.error().to_string();
    return answer->error ? answer->error->message : "";
}

}  // namespace mycelium::testing_support
