// What a byte-stream transport of your own has to be: bytes in order. Framing, handshake, types,
// limits, redialling and every pattern come from framed().
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <mycelium/result.h>
#include <mycelium/url.h>

namespace mycelium {

/// Who is at the other end, as far as the kernel vouches for it.
struct PeerIdentity {
    std::optional<pid_t> pid;
    std::optional<uid_t> uid;
    int pidfd = -1;  ///< owned by the receiver of this value; -1: none
};

/// What one non-blocking read or write did.
struct Io {
    enum class Kind : std::uint8_t {
        done,         ///< `count` bytes moved, at least one
        would_block,  ///< nothing moved: wait until fd() is ready
        end,          ///< reading: the peer has ended the stream
        broken,       ///< the connection failed with `error` (an errno)
    };
    Kind kind = Kind::done;
    std::size_t count = 0;
    int error = 0;
};

/// Bytes in order between two ends. Never blocks. One thread at a time per direction. The
/// destructor closes.
class Stream {
public:
    virtual ~Stream() = default;
    /// For poll: readable when read() would make progress, writable when write() would. Constant
    /// for the stream's life.
    virtual int fd() const noexcept = 0;
    virtual Io read(std::span<std::byte> into) noexcept = 0;
    /// Writes the parts one after the other, as many bytes as fit now.
    virtual Io write(std::span<const std::span<const std::byte>> parts) noexcept = 0;
    /// Ends reading and writing at once and wakes whoever polls fd(); the descriptor stays open.
    /// Any thread.
    virtual void shutdown() noexcept = 0;
    virtual PeerIdentity peer() const noexcept { return {}; }
};

/// A bound place. fd() is readable when accept() would return a stream. The destructor unbinds.
class Listener {
public:
    virtual ~Listener() = default;
    virtual int fd() const noexcept = 0;
    /// With the port that the system chose.
    virtual const Url& url() const noexcept = 0;
    /// Null: nobody is waiting now. An error with `overloaded` (EMFILE, ENOMEM) is tried again
    /// later.
    virtual Result<std::unique_ptr<Stream>> accept() noexcept = 0;
};

/// A dialled stream is usable once its fd is writable and ready() says ok.
class StreamTransport {
public:
    virtual ~StreamTransport() = default;
    virtual std::string_view scheme() const noexcept = 0;
    virtual Result<std::unique_ptr<Listener>> listen(const Url& url) = 0;
    /// Starts to connect without blocking. `unavailable`: nobody is there; it will be dialled
    /// again.
    virtual Result<std::unique_ptr<Stream>> dial(const Url& url) = 0;
    /// After the dialled stream's fd became writable: did it connect?
    virtual Result<void> ready(Stream&) { return {}; }
    /// Ends are processes of one machine (so descriptors may pass and the peer's uid is checked).
    virtual bool is_local() const noexcept { return false; }
    /// May a URL of this scheme have that option? `checksum` it has anyway, `allow` if it is local;
    /// what nobody reads is refused.
    virtual bool takes_option(std::string_view) const noexcept { return false; }
    /// Messages are checksummed by default.
    virtual bool is_checked() const noexcept { return !is_local(); }
};

class Transport;
/// Makes a transport for Node from a byte stream.
std::shared_ptr<Transport> framed(std::shared_ptr<StreamTransport> streams);

}  // namespace mycelium
