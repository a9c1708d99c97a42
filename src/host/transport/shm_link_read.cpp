// ShmLink: the reading end.
#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include <mycelium/tlv.h>

#include "core/wire/extension.h"
#include "core/wire/header.h"
#include "host/os/clock.h"
#include "host/transport/shm_link.h"

namespace mycelium::transport {

namespace {

constexpr std::uint8_t log_flags = flag_extended | flag_unchecked | flag_referenced;

// Reading the clock costs as much as handing out a message.
constexpr std::uint64_t sample_distance_ns = 20'000;

constexpr std::size_t slots_min = 4;

std::size_t index_of(DropReason reason) noexcept { return static_cast<std::size_t>(reason); }

Payload payload_of(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    Payload payload;
    payload.bytes = bytes;
    payload.has_bytes = true;
    payload.owner = std::move(owner);
    return payload;
}

}  // namespace

std::span<Message> ShmLink::receive(std::size_t limit) {
    clear_batch();
    try {
        if (is_readable_) read_news();
        if (inlet_ && !closed_) fill_batch(limit);
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, "no memory"});
    }
    if (batch_size_ == 0 && !closed_ && (has_ended_ || is_hung_up()) && !may_have_more()) {
        if (has_peer_died())
            broken({Errc::lost, "the peer has gone"});
        else
            broken({Errc::unavailable, "the peer closed the link"});
    }
    return std::span{batch_}.first(batch_size_);
}

bool ShmLink::may_have_more() const noexcept {
    return is_readable_ || (inlet_ && inlet_->has_more());
}

void ShmLink::fill_batch(std::size_t limit) {
    if (ours_.pattern == wire::Pattern::subscriber && ours_.slow == SlowReader::latest) limit = 1;
    // What could not be handed out is dropped and counted; there may be more behind it.
    while (batch_size_ == 0 && !closed_) {
        const auto space = slots(limit);
        const auto taken = inlet_->take(space, sequence_);
        if (!taken) return broken(taken.error());
        if (taken->count == 0) return;
        last_taken_ = taken->count;
        inlet_->ring_writer();
        if (taken->is_plain && ours_.pattern == wire::Pattern::subscriber && !filters_ &&
            !has_origins_) {
            find_missed(space.front());
            sequence_.arrive_in_order(taken->count - 1);
            batch_size_ = taken->count;
            return;
        }
        for (const Message& message : space.first(taken->count))
            if (!keep_simple(message) && !keep(message)) break;
    }
}

/// Twice as many as before where those were all filled.
std::span<Message> ShmLink::slots(std::size_t limit) {
    if (last_taken_ == batch_.size() && batch_.size() < limit)
        batch_.resize(std::min(limit, std::max(batch_.size() * 2, slots_min)));
    return std::span{batch_}.first(std::min(limit, batch_.size()));
}

/// Lets go of what the messages hold. The rest of a slot is written over.
void ShmLink::clear_batch() noexcept {
    if (is_batch_plain_) {
        batch_size_ = 0;
        return;
    }
    for (Message& message : std::span{batch_}.first(used_slots_)) {
        message.payload.owner.reset();
        message.call = {};
        message.origin = {};
        message.missed = {};
    }
    is_batch_plain_ = true;
    used_slots_ = 0;
    batch_size_ = 0;
}

void ShmLink::find_missed(Message& message) noexcept {
    if (sequence_.arrive_next(message.header.sequence)) return;
    message.missed = sequence_.arrive(message.header.sequence);
    is_batch_plain_ = false;
    used_slots_ = std::max(used_slots_, batch_size_ + 1);
}

/// A publication in order that brings nothing but its bytes and perhaps its origin, as all do that
/// come from a relay: a few stores. False: it is another one; nothing has changed.
bool ShmLink::keep_simple(const Message& taken) {
    constexpr std::uint8_t simple_flags = flag_extended | flag_unchecked;
    std::span<const std::byte> payload = taken.payload.bytes;
    Header header = taken.header;
    if (header.version != 1 || (header.flags & ~simple_flags) != 0 ||
        payload.size() != header.payload_size || ours_.pattern != wire::Pattern::subscriber)
        return false;
    Origin origin;
    const bool is_extended = (header.flags & flag_extended) != 0;
    if (is_extended && !wire::take_plain_origin(payload, origin)) return false;
    if (payload.size() > message_bytes_max_ ||
        (filters_ && !tlv::holds_any(payload, ours_.types)) ||
        !sequence_.arrive_next(header.sequence))
        return false;
    has_origins_ |= is_extended;
    Message& message = batch_[batch_size_++];
    header.payload_size = static_cast<std::uint32_t>(payload.size());
    message.header = header;
    message.origin = origin;
    message.payload.bytes = payload;
    message.payload.has_bytes = true;
    return true;
}

/// Any message, in the slot for it or in one behind: makes it the batch's next, if it can be handed
/// out. False: the link is broken.
bool ShmLink::keep(const Message& taken) {
    Message& message = batch_[batch_size_];
    is_batch_plain_ = false;
    used_slots_ = std::max(used_slots_, batch_size_ + 1);
    message.header = taken.header;
    const bool is_copied = taken.payload.bytes.size() == taken.header.payload_size;
    std::span<const std::byte> payload = taken.payload.bytes;
    message.call = {};
    message.origin = {};
    message.missed = {};
    message.payload.owner.reset();  // of one that could not be handed out
    if (message.header.version != 1 || (message.header.flags & ~log_flags) != 0)
        return broken({Errc::malformed, "a record that is no message"}), false;
    if (!is_copied) return drop_here(message.header, DropReason::too_large);
    if ((message.header.flags & flag_extended) != 0) {
        std::size_t size = 0;
        auto extension = wire::decode_extension(payload, size);
        if (!extension) return broken(std::move(extension).error()), false;
        message.call = extension->call;
        message.origin = extension->origin;
        payload = payload.subspan(size);
    }
    if (!is_of_this_pattern(message.call.kind))
        return broken({Errc::malformed, "a message of another pattern"}), false;
    const bool is_referenced = (message.header.flags & flag_referenced) != 0;
    message.header.flags &= static_cast<std::uint8_t>(~flag_referenced);
    if (auto given = give_payload(message, payload, is_referenced); !given)
        return broken(std::move(given).error()), false;
    if (message.payload.bytes.size() > message_bytes_max_) {
        message.payload.owner.reset();  // a plain one may come into this slot
        return drop_here(message.header, DropReason::too_large);
    }
    if (filters_ && !tlv::holds_any(message.payload.bytes, ours_.types)) {
        message.payload.owner.reset();
        return drop_here(message.header, DropReason::not_asked_for);
    }
    message.header.payload_size = static_cast<std::uint32_t>(message.payload.bytes.size());
    if (is_pubsub()) find_missed(message);
    ++batch_size_;
    return true;
}

bool ShmLink::is_of_this_pattern(CallKind kind) const noexcept {
    switch (ours_.pattern) {
        case wire::Pattern::subscriber:
            return kind == CallKind::none;
        case wire::Pattern::requester:
            return kind == CallKind::answer || kind == CallKind::error;
        case wire::Pattern::replier:
            return kind == CallKind::request || kind == CallKind::notification ||
                   kind == CallKind::cancel;
        case wire::Pattern::publisher:
            break;
    }
    return false;
}

bool ShmLink::drop_here(const Header& header, DropReason reason) {
    if (!is_pubsub()) return broken({Errc::malformed, "a message over message_bytes_max"}), false;
    inlet_->subscription().drop(reason);
    Missed missed;
    missed.add(reason, 1);
    sequence_.gap(missed, header.sequence + 1);
    return true;
}

Result<void> ShmLink::give_payload(Message& message, std::span<const std::byte> payload,
                                   bool is_referenced) {
    if (!is_referenced) {
        message.payload.bytes = payload;
        message.payload.has_bytes = true;
        return {};
    }
    if (payload.size() != Reference::bytes)
        return Error{Errc::malformed, "a reference of another size"};
    MYCELIUM_TRY_ASSIGN(Bytes bytes, held(Reference::decode(payload.first<Reference::bytes>())));
    if (bytes.size() <= message_bytes_max_) {
        const bool is_requester = ours_.pattern == wire::Pattern::requester;
        const Form form = is_requester ? ours_.answer.form : ours_.type.form;
        const bool is_error = message.call.kind == CallKind::error;
        MYCELIUM_TRY_ASSIGN(
            bytes, fit_to_read(std::move(bytes), is_error ? Form::fields : form,
                               is_requester ? peer_.answer.form : peer_.type.form, *pool_));
    }
    const auto view = bytes.span();
    message.payload = payload_of(view, std::move(bytes).owner());
    return {};
}

Result<Bytes> ShmLink::held(const Reference& reference) {
    // Its descriptor was sent before the record was written, but perhaps not read yet.
    if (!inlet_->borrower().has_segment(reference.segment)) read_news();
    return inlet_->borrower().hold(reference);
}

void ShmLink::preserve() {
    if (batch_size_ == 0) return;  // what was preserved before stays
    preserved_space_ = inlet_ ? inlet_->yield_space() : std::vector<std::byte>{};
    preserved_ = std::exchange(batch_, {});
    batch_size_ = 0;
    last_taken_ = 0;
    used_slots_ = 0;
    is_batch_plain_ = true;
}

void ShmLink::handed_out(std::span<const Message> messages) {
    if (messages.empty()) return;
    std::uint64_t bytes = 0, steps = 0;
    for (const Message& message : messages) {
        bytes += message.payload.bytes.size();
        if (!is_batch_plain_ && message.missed.total() != 0) count_missed(message.missed);
        steps += progress_.is_next(message) ? 1 : progress_.step(message, sequence_);
    }
    reading_.received += messages.size();
    reading_.bytes += bytes;
    reading_.last_sequence = messages.back().header.sequence;
    reading_.last_timestamp = messages.back().header.timestamp;
    const std::uint64_t stamp = messages.front().header.timestamp;
    if (stamp - sampled_stamp_ >= sample_distance_ns) {
        sampled_stamp_ = stamp;
        memory::sample_latency(reading_, stamp, os::unix_time_ns());
    }
    if (ours_.pattern != wire::Pattern::subscriber) return;
    inlet_->subscription().deliver(steps, messages.size());
    inlet_->ring_writer();
}

void ShmLink::count_missed(const Missed& missed) noexcept {
    for (std::size_t i = 0; i < drop_reason_count; ++i) reading_.missed[i] += missed.by_reason[i];
}

void ShmLink::reject(Error error) {
    if (closed_) return;
    discard();
    broken(std::move(error));
}

void ShmLink::discard() {
    if (closed_) return;
    if (reading_.received != 0) --reading_.received;
    ++reading_.missed[index_of(DropReason::malformed)];
    inlet_->subscription().reject();
}

os::SleepWord* ShmLink::sleep_word() noexcept {
    return inlet_ ? &inlet_->subscription().reader_sleeps() : nullptr;
}

}  // namespace mycelium::transport
