// SocketStream: bytes in order over one connected or connecting socket, for every scheme that has
// sockets.
#pragma once

#include <functional>
#include <memory>

#include <mycelium/ext/stream.h>

#include "host/os/fd.h"
#include "host/os/kernel.h"

namespace mycelium::stream {

/// One connection. shutdown() from any thread, read() and write() from one each.
class SocketStream final : public Stream {
public:
    enum class Place : std::uint8_t { this_machine, any_machine };

    SocketStream(os::Fd socket, Place peer, os::Kernel kernel = {}) noexcept
        : socket_(std::move(socket)), place_(peer), kernel_(kernel) {}

    int fd() const noexcept override { return socket_.get(); }
    Io read(std::span<std::byte> into) noexcept override;
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override;
    void shutdown() noexcept override;
    /// Known only on this machine; asks the kernel anew each time, for a pidfd of the receiver's
    /// own.
    PeerIdentity peer() const noexcept override;

private:
    os::Fd socket_;
    Place place_;
    os::Kernel kernel_;
};

/// What became of a dialled connection, once its descriptor is writable.
Result<void> check_connected(const Stream& stream);

/// accept() of every listener: `finish` prepares the new socket and answers an errno, 0 for
/// success.
Result<std::unique_ptr<Stream>> accept_stream(int listener, SocketStream::Place peer,
                                              int (*finish)(int socket) noexcept) noexcept;

}  // namespace mycelium::stream
