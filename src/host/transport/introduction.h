// Introduction: one stream before it is a link: whose it is, and its first message.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/ext/stream.h>
#include <mycelium/url.h>

#include "core/wire/fast_message.h"
#include "core/wire/frame.h"
#include "host/os/reactor.h"
#include "host/transport/link_kind.h"

namespace mycelium::transport {

/// Are the processes at both ends the same user's, or does the URL allow the other one
/// (`?allow=uid:1000`, `uid:*`)?
Result<void> check_user(const Url& url, const PeerIdentity& peer);

/// A whole control message, as a frame.
std::vector<std::byte> frame_of(const wire::FastMessage& message, bool is_checked);

/// One stream on its way to becoming a link. Owned by its endpoint, on the driver's thread. Ends
/// itself, by calling `failed`, after handshake_timeout.
class Introducing {
public:
    struct Handlers {
        std::function<void()> connected;           ///< dialling: the stream can be written to
        std::function<void()> first_message;       ///< first() is there
        std::function<void(const Error&)> failed;  ///< it is over; destroy this
    };
    /// The beginning of the first message: whole if it fits limits::receive_bytes, else its header
    /// and what has come.
    struct First {
        Header header;
        std::span<const std::byte> payload;
        bool is_whole = false;
        std::size_t size = 0;  ///< of the whole message
    };

    Introducing(os::Reactor& reactor, std::unique_ptr<Stream> stream, Handlers handlers);
    ~Introducing();
    Introducing(const Introducing&) = delete;
    Introducing& operator=(const Introducing&) = delete;

    /// Waits for the connection, then calls `connected`; without it, waits for the first message.
    Result<void> begin(bool is_dialling);
    /// Sends a whole control message. False: the peer has gone or takes nothing.
    bool send(const wire::FastMessage& message, bool is_checked);
    void await_first_message();

    const First& first() const noexcept { return first_; }
    Stream& stream() noexcept { return *stream_; }
    const PeerIdentity& identity() const noexcept { return identity_; }
    void find_identity();
    /// With its pidfd, which is the caller's from then on.
    PeerIdentity take_identity() noexcept;

    /// What follows the first message, or all that came if `with_first`. Ends this: only destroy it
    /// afterwards.
    std::vector<std::byte> take_received(bool with_first);
    std::unique_ptr<Stream> take_stream();

private:
    void readable();
    void fail(const Error& error);

    os::Reactor& reactor_;
    std::unique_ptr<Stream> stream_;
    Handlers handlers_;
    os::Reactor::Watch watch_ = 0;
    os::Reactor::Timer timer_ = 0;
    PeerIdentity identity_;
    os::Fd pidfd_;                     // identity_'s
    bool is_sent_ = false;             // our first message, when dialling
    std::vector<std::byte> received_;  // as large as what comes makes it, up to receive_bytes
    std::size_t filled_ = 0;
    First first_;
};

}  // namespace mycelium::transport
