#include "host/transport/inproc_link.h"

#include <new>
#include <string>

#include "core/wire/error_info.h"
#include "host/os/clock.h"
#include "host/transport/inproc_place.h"

namespace mycelium::transport {

namespace {

LaneLimits limits_of(const wire::Hello& reader, const LinkHost& host) {
    LaneLimits lane;
    lane.is_pubsub = reader.pattern <= wire::Pattern::subscriber;
    lane.ends_at_close = reader.pattern == wire::Pattern::replier;
    lane.slow = reader.slow;
    lane.messages_max = reader.queue_messages_max
                            ? static_cast<std::size_t>(reader.queue_messages_max)
                            : limits::queue_messages_max;
    lane.bytes_max = reader.queue_bytes_max ? static_cast<std::size_t>(reader.queue_bytes_max)
                                            : limits::queue_bytes_max;
    lane.message_bytes_max = host.message_bytes_max();
    return lane;
}

/// Keeps a payload's owner and a method's text alive together.
struct WithMethod {
    std::shared_ptr<const void> owner;
    std::string method;
};

}  // namespace

std::pair<std::shared_ptr<InprocLink>, std::shared_ptr<InprocLink>> InprocLink::make_pair(
    const std::string& url, const std::shared_ptr<LinkHost>& binder,
    const wire::Hello& binder_hello, const std::shared_ptr<LinkHost>& dialer,
    const wire::Hello& dialer_hello, bool shares_objects,
    const std::shared_ptr<InprocPlace>& place) {
    const auto binder_cell =
        binder->open_cell(facts_of(url, binder_hello, dialer_hello, PeerIdentity{}));
    const auto dialer_cell =
        dialer->open_cell(facts_of(url, dialer_hello, binder_hello, PeerIdentity{}));
    const auto to_binder =
        std::make_shared<InprocLane>(limits_of(binder_hello, *binder), binder->bell(), dialer_cell);
    const auto to_dialer =
        std::make_shared<InprocLane>(limits_of(dialer_hello, *dialer), dialer->bell(), binder_cell);
    auto bound = std::make_shared<InprocLink>(url, binder, binder_hello, dialer_hello,
                                              shares_objects, binder_cell, to_dialer, to_binder);
    auto dialled = std::make_shared<InprocLink>(url, dialer, dialer_hello, binder_hello,
                                                shares_objects, dialer_cell, to_binder, to_dialer);
    bound->other_ = dialled;
    bound->other_host_ = dialer;
    dialled->other_ = bound;
    dialled->other_host_ = binder;
    bound->place_ = dialled->place_ = place;
    return {std::move(bound), std::move(dialled)};
}

InprocLink::InprocLink(std::string url, std::shared_ptr<LinkHost> host, wire::Hello ours,
                       wire::Hello theirs, bool shares_objects,
                       std::shared_ptr<memory::LinkCell> cell, std::shared_ptr<InprocLane> out,
                       std::shared_ptr<InprocLane> in)
    : Link(std::move(cell)),
      host_(std::move(host)),
      ours_(std::move(ours)),
      out_(std::move(out)),
      in_(std::move(in)),
      reading_(cell_->reading) {
    url_ = std::move(url);
    peer_ = std::move(theirs);
    shares_objects_ = shares_objects;
    identity_.pid = peer_.pid;
}

void InprocLink::start(std::uint64_t, std::uint64_t next_sequence) { out_->start(next_sequence); }

bool InprocLink::push(Message message) {
    switch (out_->push(std::move(message))) {
        case InprocLane::Push::taken:
            return true;
        case InprocLane::Push::closed:
            close({Errc::unavailable, "the peer closed the link"});
            return false;
        case InprocLane::Push::reader_too_slow:
            break;
    }
    close({Errc::overloaded, "the reader does not keep up: its queue is full"});
    return false;
}

bool InprocLink::offer(std::span<const Message> messages, std::uint64_t) {
    if (closed_) return false;
    try {
        offer_all(messages);
    } catch (const std::bad_alloc&) {
        close({Errc::overloaded, "no memory"});
    }
    out_->ring_reader();
    return !closed_;
}

void InprocLink::offer_all(std::span<const Message> messages) {
    for (const Message& message : messages) {
        Message owned = message;
        Payload& payload = owned.payload;
        if (payload.has_bytes)
            owned.header.payload_size = static_cast<std::uint32_t>(payload.bytes.size());
        if (shares_objects_) {
            payload.bytes = {};
            payload.has_bytes = false;
        } else {
            payload.object = nullptr;
            payload.schema = nullptr;
            if (!payload.owner) {
                const Bytes copy = Bytes::copy_of(payload.bytes);
                payload.bytes = copy.span();
                payload.owner = copy.owner();
            }
        }
        if (!owned.call.method.empty()) {
            const auto both = std::make_shared<WithMethod>(
                WithMethod{std::move(payload.owner), std::string{owned.call.method}});
            owned.call.method = both->method;
            payload.owner = both;
        }
        if (!push(std::move(owned))) return;
    }
}

bool InprocLink::offer_error(std::uint64_t call, const Error& error) {
    if (closed_) return false;
    wire::FastMessage response;
    response.type = wire::FastMessage::Type::response;
    response.id = call;
    response.error = wire::error_info_of(error);
    const Bytes encoded = Bytes::copy_of(wire::encode_fast_message(response));
    Message message;
    message.call.kind = CallKind::error;
    message.call.id = call;
    message.payload.bytes = encoded.span();
    message.payload.has_bytes = true;
    message.payload.owner = encoded.owner();
    const bool is_taken = push(std::move(message));
    out_->ring_reader();
    return is_taken;
}

bool InprocLink::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    return closed_ || out_->has_room(messages, bytes);
}

void InprocLink::await_room() { out_->await_room(host_->bell()); }

std::span<Message> InprocLink::receive(std::size_t limit) {
    batch_.clear();
    const bool is_latest =
        ours_.pattern == wire::Pattern::subscriber && ours_.slow == SlowReader::latest;
    const bool was_closed = in_->is_closed();
    in_->pop(batch_, is_latest ? 1 : limit, sequence_);
    if (batch_.empty() && was_closed && !closed_)
        close({Errc::unavailable, "the peer closed the link"});
    return batch_;
}

void InprocLink::handed_out(const Message& message) {
    constexpr std::uint64_t sampled_every = 16;  // reading the clock costs as much as a message
    if (reading_.received % sampled_every == 0)
        memory::sample_latency(reading_, message.header.timestamp, os::unix_time_ns());
    ++reading_.received;
    reading_.bytes += message.payload.bytes.size();
    reading_.last_sequence = message.header.sequence;
    reading_.last_timestamp = message.header.timestamp;
    if (ours_.pattern != wire::Pattern::subscriber) return;
    if (progress_.is_next(message)) return in_->count_delivered(1);
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        reading_.missed[i] += message.missed.by_reason[i];
    in_->count_delivered(progress_.step(message, sequence_));
}

void InprocLink::reject(Error error) {
    if (reading_.received != 0) --reading_.received;
    ++reading_.missed[static_cast<std::size_t>(DropReason::malformed)];
    in_->count_malformed();
    close(std::move(error));
}

LinkCounters InprocLink::counters() const noexcept {
    LinkCounters counters = out_->counters();
    counters.received = reading_.received;
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        counters.missed.by_reason[i] = reading_.missed[i];
    return counters;
}

void InprocLink::close(Error reason) {
    if (closed_) return;
    closed_ = std::move(reason);
    out_->close();
    in_->close();
    if (const auto other = other_.lock()) other->hang_up();
    if (const auto other_host = other_host_.lock()) other_host->link_ended();
}

void InprocLink::retire() {
    if (const auto place = place_.lock()) place->unlinked(*this);
}

}  // namespace mycelium::transport
