// DescriptorStream: bytes and descriptors in order over one unix socket.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <mycelium/ext/stream.h>
#include <mycelium/result.h>

#include "host/os/fd.h"
#include "host/os/passing.h"

namespace mycelium::stream {

/// As SocketStream; descriptors that come are kept, in order, until they are taken, or closed by
/// the kernel where none are expected.
class DescriptorStream final : public Stream {
public:
    explicit DescriptorStream(os::Fd socket) noexcept : socket_(std::move(socket)) {}

    int fd() const noexcept override { return socket_.get(); }
    Io read(std::span<std::byte> into) noexcept override;
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override;
    void shutdown() noexcept override;
    PeerIdentity peer() const noexcept override;

    /// They are, at first. Not to expect any makes each read a little cheaper. The reader's.
    void expect_descriptors(bool expects) noexcept { expects_ = expects; }
    /// The descriptor goes with the first byte.
    Io write_with(std::span<const std::byte> bytes, int descriptor) noexcept;
    /// All of it or nothing. False: the peer has gone or takes nothing.
    bool send_whole(std::span<const std::byte> bytes, std::span<const int> descriptors) noexcept;
    /// One byte of no meaning, to wake whoever polls. Any thread. A full socket wakes as well.
    void ring() noexcept;
    /// The next descriptor that came; none: there is no more.
    os::Fd take_descriptor() noexcept;
    /// Those that nobody took.
    void close_descriptors() noexcept { descriptors_.clear(); }
    /// Some were lost on the way here, or too many came: what they belong to cannot be understood.
    bool has_lost_descriptors() const noexcept { return has_lost_; }

private:
    os::Fd socket_;
    std::deque<os::Fd> descriptors_;
    bool expects_ = true;
    bool has_lost_ = false;
};

/// accept() of listeners whose streams pass descriptors.
Result<std::unique_ptr<Stream>> accept_descriptor_stream(int listener) noexcept;

}  // namespace mycelium::stream
