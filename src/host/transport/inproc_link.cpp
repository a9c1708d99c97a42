#include "host/transport/inproc_link.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include <mycelium/tlv.h>

#include "core/wire/error_info.h"
#include "host/os/clock.h"
#include "host/transport/inproc_place.h"

namespace mycelium::transport {

namespace {

LaneLimits limits_of(const wire::Hello& reader, const LinkHost& host, bool shares_objects) {
    LaneLimits lane;
    lane.shares_objects = shares_objects;
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

/// What is received at once: some 16 KiB of messages, which are still in the nearest cache when
/// they are handed out.
constexpr std::size_t received_max = 64;

Error no_memory() { return {Errc::overloaded, "no memory"}; }

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
    const auto to_binder = std::make_shared<InprocLane>(
        limits_of(binder_hello, *binder, shares_objects), binder->bell(), dialer_cell);
    const auto to_dialer = std::make_shared<InprocLane>(
        limits_of(dialer_hello, *dialer, shares_objects), dialer->bell(), binder_cell);
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
      reading_(cell_->reading),
      filters_(filters(ours_, theirs)) {
    url_ = std::move(url);
    peer_ = std::move(theirs);
    shares_objects_ = shares_objects;
    identity_.pid = peer_.pid;
}

void InprocLink::start(std::uint64_t, std::uint64_t next_sequence) { out_->start(next_sequence); }

void InprocLink::append(InprocValue&& value) {
    if (closed_) return out_->count_gone(1);  // sent, and gone
    if (filters_ && !tlv::holds_any(value.bytes, peer_.types))
        return out_->pass_over(value.header, DropReason::not_asked_for);
    try {
        switch (out_->append(std::move(value))) {
            case InprocLane::Push::taken:
                return;
            case InprocLane::Push::closed:
                return close({Errc::unavailable, "the peer closed the link"});
            case InprocLane::Push::reader_too_slow:
                return close({Errc::overloaded, "the reader does not keep up: its queue is full"});
        }
    } catch (const std::bad_alloc&) {
        out_->count_gone(1);
        close(no_memory());
    }
}

bool InprocLink::commit() {
    out_->commit();
    out_->ring_reader();
    return !closed_;
}

bool InprocLink::offer(std::span<const Message> messages, std::uint64_t) {
    if (closed_) return false;
    for (const Message& message : messages) {
        const Payload& payload = message.payload;
        append({message.header, message.origin, message.call, payload.object, payload.schema,
                payload.bytes, payload.has_bytes, payload.owner});
    }
    return commit();
}

bool InprocLink::offer_error(std::uint64_t call, const Error& error) {
    if (closed_) return false;
    try {
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
        return offer({&message, 1}, 0);
    } catch (const std::bad_alloc&) {
        close(no_memory());
        return false;
    }
}

bool InprocLink::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    return closed_ || out_->has_room(messages, bytes);
}

void InprocLink::await_room() { out_->await_room(host_->bell()); }

std::span<Message> InprocLink::receive(std::size_t limit) {
    received_.clear();
    const bool is_latest =
        ours_.pattern == wire::Pattern::subscriber && ours_.slow == SlowReader::latest;
    const bool was_closed = in_->is_closed();
    in_->pop(received_, is_latest ? 1 : std::min(limit, received_max), sequence_);
    if (received_.empty() && was_closed && !closed_)
        close({Errc::unavailable, "the peer closed the link"});
    return received_;
}

void InprocLink::preserve() {
    if (received_.empty()) return;
    in_->keep_popped();
    preserved_ = std::exchange(received_, {});
}

void InprocLink::handed_out(std::span<const Message> messages) {
    const bool is_subscriber = ours_.pattern == wire::Pattern::subscriber;
    std::uint64_t finished = 0;
    for (const Message& message : messages) {
        count_read(message);
        if (!is_subscriber) continue;
        if (progress_.is_next(message)) {
            ++finished;
            continue;
        }
        for (std::size_t i = 0; i < drop_reason_count; ++i)
            reading_.missed[i] += message.missed.by_reason[i];
        finished += progress_.step(message, sequence_);
    }
    if (is_subscriber) in_->count_delivered(messages.size(), finished);
}

void InprocLink::count_read(const Message& message) {
    constexpr std::uint64_t sampled_every = 16;  // reading the clock costs as much as a message
    if (reading_.received % sampled_every == 0)
        memory::sample_latency(reading_, message.header.timestamp, os::unix_time_ns());
    ++reading_.received;
    reading_.bytes += message.payload.bytes.size();
    reading_.last_sequence = message.header.sequence;
    reading_.last_timestamp = message.header.timestamp;
}

void InprocLink::reject(Error error) {
    discard();
    close(std::move(error));
}

void InprocLink::discard() {
    if (reading_.received != 0) --reading_.received;
    ++reading_.missed[static_cast<std::size_t>(DropReason::malformed)];
    in_->count_malformed();
}

void InprocLink::pause(bool is_paused) noexcept { out_->pause(is_paused); }

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
