#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "core/wire/extension.h"
#include "core/wire/notices.h"
#include "core/wire/plain_call.h"
#include "host/os/clock.h"
#include "host/transport/framed_link.h"

namespace mycelium::transport {

namespace {

constexpr std::uint64_t acknowledge_bytes = 8 * MiB;
// Reads per call: a peer that floods must not hold the port for long; who reads `latest` wants to
// see the end.
constexpr int fills_max = 4;
constexpr int fills_for_latest_max = 64;
// Reading the clock costs as much as handing out a message.
constexpr std::uint64_t sample_distance_ns = 20'000;

Payload payload_of(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    Payload payload;
    payload.bytes = bytes;
    payload.has_bytes = true;
    payload.owner = std::move(owner);
    return payload;
}

}  // namespace

std::span<Message> FramedLink::receive(std::size_t limit) {
    batch_.clear();
    decoded_.clear();
    try {
        fill_batch(limit);
    } catch (const std::bad_alloc&) {
        batch_.clear();
        broken({Errc::overloaded, "no memory"});
    }
    return batch_.all();
}

bool FramedLink::prefetch() {
    if (closed_ || may_have_more_) return true;
    may_have_more_ = true;
    try {
        const Io io = received_.fill(*stream_);
        if (io.kind == Io::Kind::would_block) may_have_more_ = false;
        if (io.kind == Io::Kind::end || io.kind == Io::Kind::broken) ended_ = io;  // told once only
    } catch (const std::bad_alloc&) {
        // receive() meets it again and says so
    }
    return may_have_more_;
}

void FramedLink::preserve() {
    if (batch_.is_empty()) return;  // what was preserved before stays
    auto block = received_.renew();
    preserved_ = {std::exchange(batch_, {}), std::exchange(decoded_, {}), std::move(block)};
}

void FramedLink::fill_batch(std::size_t limit) {
    int fills = 0;
    while (!closed_) {
        bool is_drained = false;
        while (!closed_ && batch_.size() < limit && !is_drained)
            is_drained = !take_plain(limit) && !take_next();
        // Whose notice has passed: they might even be the peer's end of this socket, which would
        // then never hang up.
        if (passing_ && received_.is_empty()) passing_->close_descriptors();
        if (acknowledgement_asked_ && batch_.is_empty()) {
            acknowledgement_asked_ = false;
            acknowledge();
        }
        may_have_more_ = !is_drained || received_.was_filled();
        if (!batch_.is_empty() && !is_latest_reader_) break;
        if (closed_ || ++fills > (is_latest_reader_ ? fills_for_latest_max : fills_max)) break;
        const Io io = ended_ ? *ended_ : received_.fill(*stream_);
        if (io.kind == Io::Kind::done) continue;
        may_have_more_ = false;
        if (io.kind == Io::Kind::would_block && !has_peer_died()) break;
        if (!batch_.is_empty()) break;
        if (io.kind == Io::Kind::end)
            broken({Errc::unavailable, "the peer closed the link"});
        else
            broken({Errc::lost, "the peer has gone", io.error});
    }
}

/// Publications in order that bring nothing but their bytes, as most do: all that are there, by a
/// few loads and stores for each. False: another one is next, or none.
bool FramedLink::take_plain(std::size_t limit) {
    if (!is_plain_reader_ || !sequence_.is_expecting()) return false;
    const auto slots = batch_.free(limit);
    const std::size_t count = received_.take_plain(slots, sequence_.expected());
    sequence_.arrive_in_order(count);
    batch_.add_plain(count);
    return count == slots.size();
}

/// False: nothing whole is there.
bool FramedLink::take_next() {
    auto frame = received_.next();
    if (!frame) return broken(std::move(frame).error()), true;
    if (!*frame) return false;
    if (take_frame(std::move(**frame)) && is_latest_reader_) keep_only_newest();
    return true;
}

bool FramedLink::take_frame(ReceivedFrame&& frame) {
    return (frame.header.flags & flag_control) != 0 ? take_control(std::move(frame))
                                                    : take_data(std::move(frame));
}

bool FramedLink::take_data(ReceivedFrame&& frame) {
    if (ours_.pattern == wire::Pattern::publisher)
        return broken({Errc::malformed, "a subscriber may not send data"}), false;
    if ((frame.header.flags & flag_referenced) != 0)
        if (auto done = dereference(frame); !done) return broken(std::move(done).error()), false;
    Message message;
    message.header = frame.header;
    if ((frame.header.flags & flag_extended) != 0) {
        std::size_t size = 0;
        auto extension = wire::decode_extension(frame.payload, size);
        if (!extension) return broken(std::move(extension).error()), false;
        message.call = extension->call;
        message.origin = extension->origin;
        frame.payload = frame.payload.subspan(size);
    }
    const bool is_request = message.call.kind == CallKind::request ||
                            message.call.kind == CallKind::notification ||
                            message.call.kind == CallKind::cancel;
    const bool is_answer = message.call.kind == CallKind::answer;
    if (is_pubsub() ? message.call.kind != CallKind::none
                    : (ours_.pattern == wire::Pattern::replier ? !is_request : !is_answer))
        return broken({Errc::malformed, "a message of another pattern"}), false;
    message.payload = payload_of(frame.payload, std::move(frame.owner));
    if (is_pubsub()) message.missed = sequence_.arrive(message.header.sequence);
    batch_.push(std::move(message));
    return true;
}

bool FramedLink::take_control(ReceivedFrame&& frame) {
    auto decoded = wire::decode_fast_message(frame.payload);
    if (!decoded) return broken(std::move(decoded).error()), false;
    wire::FastMessage& message = *decoded;
    if (message.type == wire::FastMessage::Type::response) {
        if (ours_.pattern != wire::Pattern::requester || !message.id)
            return broken({Errc::malformed, "an answer that nobody asked for"}), false;
        Message answer;
        answer.header = frame.header;
        answer.call.id = *message.id;
        answer.call.kind = message.error ? CallKind::error : CallKind::answer;
        if (message.error) {
            answer.payload = payload_of(frame.payload, frame.owner);
        } else {
            // What JSON's base64 was decoded to goes with `decoded`; MessagePack's lies in the
            // frame.
            decoded_.emplace_back();
            if (message.result)
                decoded_.back().assign(message.result->begin(), message.result->end());
            answer.payload = payload_of(decoded_.back(), nullptr);
        }
        batch_.push(std::move(answer));
        return true;
    }
    if (message.method.starts_with("mycelium.")) {
        if (frame.payload.size() > limits::control_bytes_max)
            return broken({Errc::malformed, "a notice of more than control_bytes_max bytes"}),
                   false;
        return take_notice(message);
    }
    return take_plain_call(std::move(message), std::move(frame));
}

bool FramedLink::take_notice(const wire::FastMessage& notice) {
    const bool is_reader = ours_.pattern == wire::Pattern::subscriber;
    if (notice.method == wire::method_start && is_reader) {
        auto start = wire::decode_start(notice);
        if (!start) return broken(std::move(start).error()), false;
        sequence_.start(start->next_sequence);
    } else if (notice.method == wire::method_gap && is_reader) {
        auto gap = wire::decode_gap(notice);
        if (!gap) return broken(std::move(gap).error()), false;
        sequence_.gap(gap->dropped, gap->next_sequence);
    } else if (notice.method == wire::method_bye && is_reader) {
        acknowledgement_asked_ = true;
    } else if (notice.method == wire::method_ack && ours_.pattern == wire::Pattern::publisher) {
        auto ack = wire::decode_ack(notice);
        if (!ack) return broken(std::move(ack).error()), false;
        return take_acknowledgement(*ack);
    } else if (notice.method == wire::method_port) {
        auto added = wire::decode_port_added(notice);
        if (!added) return broken(std::move(added).error()), false;
        if (const auto maker = maker_.lock()) maker->port_added(added->port);
    } else if (passing_) {
        return take_lending_notice(notice);
    }
    return true;  // notices of later versions are passed over
}

bool FramedLink::take_acknowledgement(const wire::Ack& ack) {
    const std::uint64_t left = queue_.begun();
    // Each is bounded by what has left, so that the sum cannot overflow.
    std::uint64_t accounted = std::min(ack.delivered, left + 1);
    for (const std::uint64_t dropped : ack.dropped) accounted += std::min(dropped, left + 1);
    // A reader of an earlier version does not tell how far it is.
    const std::uint64_t finished = std::max(ack.finished, accounted);
    if (finished > left)
        return broken({Errc::malformed, "the reader acknowledged more than was sent"}), false;
    const base::Change writing{writing_.version};
    const base::Change settled{settled_.version};
    settled_.delivered = ack.delivered;
    settled_.finished = finished;
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        writing_.dropped[i] = writing_.dropped[i] - dropped_there_[i] + ack.dropped[i];
    dropped_there_ = ack.dropped;
    return true;
}

bool FramedLink::take_plain_call(wire::FastMessage&& call, ReceivedFrame&& frame) {
    if (ours_.pattern != wire::Pattern::replier)
        return broken({Errc::malformed, "a call to a port that is not a replier"}), false;
    Message message;
    message.header = frame.header;
    const bool is_request = call.type == wire::FastMessage::Type::request;
    if (is_request && !call.id) return broken({Errc::malformed, "a request without an id"}), false;
    message.call.kind = is_request ? CallKind::request : CallKind::notification;
    message.call.id = call.id.value_or(0);
    if (is_request && call.is_json) json_calls_.insert(*call.id);
    auto body = wire::decode_plain_params(call, ours_.type);
    if (!body) {
        if (is_request) offer_error(*call.id, body.error());
        return true;
    }
    decoded_.push_back(*std::move(body));
    message.payload = payload_of(decoded_.back(), nullptr);
    std::vector<std::byte> method(call.method.size());
    for (std::size_t i = 0; i < method.size(); ++i)
        method[i] = static_cast<std::byte>(call.method[i]);
    decoded_.push_back(std::move(method));
    message.call.method = {reinterpret_cast<const char*>(decoded_.back().data()),
                           decoded_.back().size()};
    batch_.push(std::move(message));
    return true;
}

void FramedLink::keep_only_newest() {
    if (batch_.is_empty()) return;  // it was a notice
    while (batch_.size() > 1) {
        batch_.back().missed.add(batch_.front().missed);
        batch_.back().missed.add(DropReason::conflated, 1);
        ++conflated_;
        batch_.pop_front();
    }
    Payload& payload = batch_.back().payload;
    if (!payload.owner) {
        const Bytes copy = Bytes::copy_of(payload.bytes);
        payload.bytes = copy.span();
        payload.owner = copy.owner();
    }
}

void FramedLink::handed_out(std::span<const Message> messages) {
    if (messages.empty()) return;
    const std::uint64_t bytes_before = reading_.bytes;
    if (batch_.is_plain())
        count_plain(messages);
    else
        for (const Message& message : messages) count_one(message);
    reading_.received += messages.size();
    const Header& last = messages.back().header;
    reading_.last_sequence = last.sequence;
    reading_.last_timestamp = last.timestamp;
    const std::uint64_t stamp = messages.front().header.timestamp;
    if (stamp - sampled_stamp_ >= sample_distance_ns) {
        sampled_stamp_ = stamp;
        memory::sample_latency(reading_, stamp, os::unix_time_ns());
    }
    if (ours_.pattern == wire::Pattern::subscriber)
        note_unreported(messages.size(), reading_.bytes - bytes_before);
}

/// They follow each other in numbers.
void FramedLink::count_plain(std::span<const Message> messages) noexcept {
    std::uint64_t bytes = 0;
    for (const Message& message : messages) bytes += message.payload.bytes.size();
    reading_.bytes += bytes;
    if (progress_.is_next(messages.front()))
        ++finished_;
    else
        count_gap(messages.front());
    progress_.go_on(messages.size() - 1);
    finished_ += messages.size() - 1;
}

void FramedLink::count_one(const Message& message) noexcept {
    reading_.bytes += message.payload.bytes.size();
    if (ours_.pattern != wire::Pattern::subscriber) return;
    if (progress_.is_next(message))
        ++finished_;
    else
        count_gap(message);
}

void FramedLink::note_unreported(std::size_t messages, std::uint64_t bytes) {
    unreported_bytes_ += bytes + messages * header_bytes;
    if (unreported_bytes_ >= acknowledge_bytes) return acknowledge();
    if (!acknowledgement_wanted_) host_->want_acknowledge();
    acknowledgement_wanted_ = true;
}

void FramedLink::count_gap(const Message& message) noexcept {
    finished_ += progress_.step(message, sequence_) + conflated_;
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        reading_.missed[i] += message.missed.by_reason[i];
    dropped_reading_[static_cast<std::size_t>(DropReason::conflated)] +=
        std::exchange(conflated_, 0);
}

void FramedLink::reject(Error error) {
    if (closed_) return;
    discard();
    acknowledge();
    broken(std::move(error));
}

void FramedLink::discard() {
    if (closed_) return;
    if (reading_.received != 0) --reading_.received;
    ++dropped_reading_[static_cast<std::size_t>(DropReason::malformed)];
    ++reading_.missed[static_cast<std::size_t>(DropReason::malformed)];
    reported_ = 0;  // the sum is as it was, but delivered and dropped are not
    if (!std::exchange(acknowledgement_wanted_, true)) host_->want_acknowledge();
}

void FramedLink::acknowledge() {
    acknowledgement_wanted_ = false;
    unreported_bytes_ = 0;
    if (ours_.pattern != wire::Pattern::subscriber || is_plain_ || closed_) return;
    wire::Ack ack;
    ack.delivered = reading_.received;
    ack.dropped = dropped_reading_;
    ack.finished = finished_;
    std::uint64_t accounted = ack.delivered;
    for (auto n : ack.dropped) accounted += n;
    if (accounted == reported_) return;
    reported_ = accounted;
    send_control_bytes(wire::encode_ack(ack));
}

}  // namespace mycelium::transport
