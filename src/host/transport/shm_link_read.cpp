// ShmLink: the reading end.
#include <new>
#include <string>
#include <utility>

#include "core/wire/extension.h"
#include "core/wire/header.h"
#include "host/os/clock.h"
#include "host/transport/shm_link.h"

namespace mycelium::transport {

namespace {

constexpr std::uint8_t log_flags = flag_extended | flag_unchecked | flag_referenced;

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
    is_sampled_ = false;
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
    const bool is_latest =
        ours_.pattern == wire::Pattern::subscriber && ours_.slow == SlowReader::latest;
    // What could not be handed out is dropped and counted; there may be more behind it.
    while (batch_size_ == 0 && !closed_) {
        auto taken = inlet_->take(is_latest ? 1 : limit, sequence_);
        if (!taken) return broken(std::move(taken).error());
        if (taken->empty()) return;
        inlet_->ring_writer();
        for (const Inlet::Taken& one : *taken)
            if (!take(one)) break;
    }
}

/// Lets go of what the messages hold.
void ShmLink::clear_batch() noexcept {
    for (std::size_t i = 0; i < batch_size_; ++i)
        if (batch_[i].payload.owner) batch_[i].payload.owner.reset();
    batch_size_ = 0;
}

Message& ShmLink::next_slot() {
    if (batch_size_ == batch_.size()) return batch_.emplace_back();
    Message& slot = batch_[batch_size_];
    if (slot.call.kind != CallKind::none) slot.call = {};
    slot.payload.owner.reset();  // of one that could not be handed out
    return slot;
}

bool ShmLink::take(const Inlet::Taken& taken) {
    Message& message = next_slot();
    const std::span<const std::byte, header_bytes> head{taken.head};
    if (!wire::decode_header_raw(head, message.header) || message.header.version != 1 ||
        (message.header.flags & ~log_flags) != 0)
        return broken({Errc::malformed, "a record that is no message"}), false;
    if (taken.is_too_large) return drop_too_large(message.header);
    std::span<const std::byte> payload = taken.payload;
    if ((message.header.flags & flag_extended) != 0) {
        std::size_t size = 0;
        auto call = wire::decode_extension(payload, size);
        if (!call) return broken(std::move(call).error()), false;
        message.call = *call;
        payload = payload.subspan(size);
    }
    if (!is_of_this_pattern(message.call.kind))
        return broken({Errc::malformed, "a message of another pattern"}), false;
    const bool is_referenced = (message.header.flags & flag_referenced) != 0;
    message.header.flags &= static_cast<std::uint8_t>(~flag_referenced);
    if (auto given = give_payload(message, payload, is_referenced); !given)
        return broken(std::move(given).error()), false;
    if (message.payload.bytes.size() > host_->message_bytes_max())
        return drop_too_large(message.header);
    message.header.payload_size = static_cast<std::uint32_t>(message.payload.bytes.size());
    if (is_pubsub()) message.missed = sequence_.arrive(message.header.sequence);
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

bool ShmLink::drop_too_large(const Header& header) {
    if (!is_pubsub()) return broken({Errc::malformed, "a message over message_bytes_max"}), false;
    inlet_->subscription().drop(DropReason::too_large);
    Missed missed;
    missed.add(DropReason::too_large, 1);
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
    if (bytes.size() <= host_->message_bytes_max()) {
        const bool is_requester = ours_.pattern == wire::Pattern::requester;
        const Form form = is_requester ? ours_.answer.form : ours_.type.form;
        const bool is_error = message.call.kind == CallKind::error;
        MYCELIUM_TRY_ASSIGN(
            bytes, fit_to_read(std::move(bytes), is_error ? Form::fields : form,
                               is_requester ? peer_.answer.form : peer_.type.form, *pool_));
    }
    message.payload = payload_of(bytes.span(), bytes.owner());
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
}

void ShmLink::handed_out(const Message& message) {
    ++reading_.received;
    reading_.bytes += message.payload.bytes.size();
    reading_.last_sequence = message.header.sequence;
    reading_.last_timestamp = message.header.timestamp;
    if (!std::exchange(is_sampled_, true))
        memory::sample_latency(reading_, message.header.timestamp, os::unix_time_ns());
    if (ours_.pattern != wire::Pattern::subscriber) return;
    if (message.missed)
        for (std::size_t i = 0; i < drop_reason_count; ++i)
            reading_.missed[i] += message.missed.by_reason[i];
    inlet_->subscription().deliver(progress_.step(message, sequence_));
    inlet_->ring_writer();
}

void ShmLink::reject(Error error) {
    if (closed_) return;
    if (reading_.received != 0) --reading_.received;
    ++reading_.missed[index_of(DropReason::malformed)];
    inlet_->subscription().reject();
    broken(std::move(error));
}

os::SleepWord* ShmLink::sleep_word() noexcept {
    return inlet_ ? &inlet_->subscription().reader_sleeps() : nullptr;
}

}  // namespace mycelium::transport
