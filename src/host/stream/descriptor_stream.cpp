#include "host/stream/descriptor_stream.h"

#include <array>
#include <cerrno>
#include <new>

#include "host/os/error.h"
#include "host/os/peer.h"
#include "host/os/socket.h"

namespace mycelium::stream {

namespace {

constexpr std::size_t kept_max = 64;

Io io_of(const os::Moved& moved, Io::Kind when_none) noexcept {
    if (moved.count > 0) return {.kind = Io::Kind::done, .count = moved.count};
    if (moved.would_block) return {.kind = Io::Kind::would_block};
    if (moved.error != 0) return {.kind = Io::Kind::broken, .error = moved.error};
    return {.kind = when_none};
}

}  // namespace

Io DescriptorStream::read(std::span<std::byte> into) noexcept {
    if (into.empty()) return {};
    if (!expects_) return io_of(os::receive(socket_.get(), into), Io::Kind::end);
    try {
        std::vector<os::Fd> came;
        const auto [moved, truncated] = os::receive_with(socket_.get(), into, came);
        has_lost_ = has_lost_ || truncated || descriptors_.size() + came.size() > kept_max;
        if (!has_lost_)
            for (os::Fd& one : came) descriptors_.push_back(std::move(one));
        return io_of(moved, Io::Kind::end);
    } catch (const std::bad_alloc&) {
        return {.kind = Io::Kind::broken, .error = ENOMEM};
    }
}

Io DescriptorStream::write(std::span<const std::span<const std::byte>> parts) noexcept {
    return io_of(os::send(socket_.get(), parts), Io::Kind::done);
}

Io DescriptorStream::write_with(std::span<const std::byte> bytes, int descriptor) noexcept {
    const std::array<int, 1> one{descriptor};
    return io_of(os::send_with(socket_.get(), bytes, one), Io::Kind::done);
}

void DescriptorStream::shutdown() noexcept { os::shut_down(socket_.get()); }

PeerIdentity DescriptorStream::peer() const noexcept {
    os::Peer peer = os::peer_of(socket_.get());
    return {.pid = peer.pid, .uid = peer.uid, .pidfd = peer.pidfd.release()};
}

bool DescriptorStream::send_whole(std::span<const std::byte> bytes,
                                  std::span<const int> descriptors) noexcept {
    return os::send_with(socket_.get(), bytes, descriptors).count == bytes.size();
}

void DescriptorStream::ring() noexcept {
    static constexpr std::array<std::byte, 1> nothing{};
    const std::array<std::span<const std::byte>, 1> parts{nothing};
    (void)os::send(socket_.get(), parts);
}

os::Fd DescriptorStream::take_descriptor() noexcept {
    if (descriptors_.empty()) return {};
    os::Fd first = std::move(descriptors_.front());
    descriptors_.pop_front();
    return first;
}

Result<std::unique_ptr<Stream>> accept_descriptor_stream(int listener) noexcept {
    if (listener < 0) return os::forked();
    os::Accepted accepted = os::accept_from(listener);
    if (accepted.error != 0) return os::error_from(accepted.error, "accepting a connection");
    if (!accepted.fd) return std::unique_ptr<Stream>{};
    auto* stream = new (std::nothrow) DescriptorStream{std::move(accepted.fd)};
    if (stream == nullptr) return Error{Errc::overloaded, "no memory", ENOMEM};
    return std::unique_ptr<Stream>{stream};
}

}  // namespace mycelium::stream
