#include "host/transport/introduction.h"

#include <algorithm>
#include <utility>

#include <mycelium/limits.h>

#include "host/os/clock.h"
#include "host/os/user.h"
#include "host/transport/url_options.h"

namespace mycelium::transport {

namespace {

// Of a hello whose type is not described at length, with what may follow it.
constexpr std::size_t usual_bytes = 2 * KiB;

}  // namespace

Result<void> check_user(const Url& url, const PeerIdentity& peer) {
    if (!peer.uid || *peer.uid == os::effective_user()) return {};
    if (allows(url, *peer.uid)) return {};
    std::string who = "the process at the other end";
    if (peer.pid) who += ", pid " + std::to_string(*peer.pid) + ",";
    return Error{Errc::denied, who + " runs as uid " + std::to_string(*peer.uid) +
                                   ", this one as uid " + std::to_string(os::effective_user()) +
                                   ": run both as one user, or allow it with ?allow=uid:" +
                                   std::to_string(*peer.uid)};
}

std::vector<std::byte> frame_of(const wire::FastMessage& message, bool is_checked) {
    return wire::control_frame(wire::encode_fast_message(message), os::unix_time_ns(), is_checked);
}

bool write_whole(Stream& stream, std::span<const std::byte> bytes) noexcept {
    const Io io = stream.write({&bytes, 1});
    return io.kind == Io::Kind::done && io.count == bytes.size();
}

Introducing::Introducing(os::Reactor& reactor, std::unique_ptr<Stream> stream, Handlers handlers)
    : reactor_(reactor), stream_(std::move(stream)), handlers_(std::move(handlers)) {}

Introducing::~Introducing() {
    reactor_.unwatch(watch_);
    reactor_.cancel(timer_);
}

void Introducing::find_identity() {
    identity_ = stream_->peer();
    if (identity_.pidfd >= 0) pidfd_ = os::Fd::adopt(identity_.pidfd);
}

PeerIdentity Introducing::take_identity() noexcept {
    PeerIdentity identity = identity_;
    identity.pidfd = pidfd_ ? pidfd_.release() : -1;
    return identity;
}

Result<void> Introducing::begin(bool is_dialling) {
    timer_ = reactor_.at(os::now() + limits::handshake_timeout, [this] {
        timer_ = 0;
        fail({Errc::timeout, "the peer did not introduce itself within 5 s"});
    });
    const auto handler = [this, is_dialling](std::uint32_t) {
        if (!is_dialling || is_sent_) return readable();
        const auto connected = handlers_.connected;  // it may destroy this
        connected();
    };
    MYCELIUM_TRY_ASSIGN(
        watch_,
        reactor_.watch(stream_->fd(), is_dialling ? os::Reactor::writable : os::Reactor::readable,
                       handler));
    return {};
}

void Introducing::await_first_message() {
    is_sent_ = true;
    (void)reactor_.rewatch(watch_, os::Reactor::readable);
}

bool Introducing::send(const wire::FastMessage& message, bool is_checked) {
    return write_whole(*stream_, frame_of(message, is_checked));
}

void Introducing::readable() {
    for (;;) {
        const auto here = std::span<const std::byte>{received_}.first(filled_);
        auto head = wire::peek_frame(here, limits::message_bytes_ceiling);
        if (!head) return fail(head.error());
        if (*head && ((*head)->size <= filled_ || filled_ == limits::receive_bytes)) {
            first_.header = (*head)->header;
            first_.size = static_cast<std::size_t>((*head)->size);
            first_.is_whole = (*head)->size <= filled_;
            first_.payload =
                here.subspan(header_bytes, std::min(first_.size, filled_) - header_bytes);
            if (first_.is_whole)
                if (auto verified = wire::verify_frame(here.first<header_bytes>(), first_.payload);
                    !verified)
                    return fail(verified.error());
            reactor_.unwatch(std::exchange(watch_, 0));
            const auto first_message = handlers_.first_message;  // it may destroy this
            return first_message();
        }
        if (filled_ == received_.size())
            received_.resize(std::clamp(2 * filled_, usual_bytes, limits::receive_bytes));
        const Io io = stream_->read(std::span{received_}.subspan(filled_));
        if (io.kind == Io::Kind::would_block) return;
        if (io.kind == Io::Kind::end)
            return fail(
                {Errc::unavailable, "the peer closed the connection before it introduced itself"});
        if (io.kind == Io::Kind::broken)
            return fail({Errc::unavailable, "the connection broke", io.error});
        filled_ += io.count;
    }
}

std::vector<std::byte> Introducing::take_received(bool with_first) {
    const auto here =
        std::span<const std::byte>{received_}.first(filled_).subspan(with_first ? 0 : first_.size);
    // A link keeps it: without the room that the first message took.
    return {here.begin(), here.end()};
}

std::unique_ptr<Stream> Introducing::take_stream() {
    reactor_.unwatch(std::exchange(watch_, 0));
    return std::move(stream_);
}

void Introducing::fail(const Error& error) {
    const auto failed = handlers_.failed;  // it may destroy this
    failed(error);
}

}  // namespace mycelium::transport
