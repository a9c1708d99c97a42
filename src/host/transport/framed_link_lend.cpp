// FramedLink: loans that pass by descriptor, where the stream and the peer know how.
#include <new>
#include <utility>

#include "core/wire/frame.h"
#include "core/wire/notices.h"
#include "host/os/clock.h"
#include "host/os/user.h"
#include "host/transport/framed_link.h"

namespace mycelium::transport {

/// Between processes of one user on this machine that said that they know how. A writer wants to
/// notice the reader's death, and to have nothing checksummed.
stream::DescriptorStream* FramedLink::passing() noexcept {
    auto* const passing = dynamic_cast<stream::DescriptorStream*>(stream_.get());
    if (passing == nullptr) return nullptr;
    const bool is_reader = ours_.pattern == wire::Pattern::subscriber;
    const bool is_agreed = is_pubsub() && !is_plain_ && ours_.references && peer_.references &&
                           identity_.uid == os::effective_user() &&
                           (is_reader || (pidfd_ && !is_checked_));
    passing->expect_descriptors(is_agreed && is_reader);
    if (is_agreed && is_reader)
        received_.expect_references();
    else
        passing->close_descriptors();
    return is_agreed ? passing : nullptr;
}

// --- The writing end ---

void FramedLink::prepare_loan() {
    if (!lends() || closed_ || cannot_write_) return;
    const base::Change change{writing_.version};
    try {
        tell_segments();
        if (!closed_ && !queue_.is_empty() && !wants_writable_) send_now();
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, "no memory"});
    }
    tell_queue();
}

/// By itself nothing is sent. What waits to be sent keeps its segments in memory, whatever the
/// reader says of them: nothing more is told before it has left.
void FramedLink::tell_segments() {
    const bool is_waiting = queue_.has_notices();
    if (!lender_) {
        auto opened = host_->lenders().open(host_->shared_pool(), peer_, pidfd_);
        if (!opened) return;  // messages carry their bytes, as ever
        lender_ = *std::move(opened);
        put_notice(wire::encode_lend(), lender_->descriptor(), lender_);
    }
    if (is_waiting || !lender_->has_news()) return;
    const Lender::News news = lender_->news();
    writing_.pool_bytes = host_->shared_pool()->reserved_bytes();
    for (const std::uint32_t number : news.gone) put_notice(wire::encode_unmap({.number = number}));
    for (const Lender::Segment& segment : news.fresh)
        put_notice(
            wire::encode_segment({.number = segment->number, .bytes = segment->memory.size()}),
            segment->memory.fd(), segment);
}

/// It may overtake messages: nothing refers to a segment before the reader has answered, or when it
/// is gone.
void FramedLink::put_notice(std::span<const std::byte> payload, int descriptor,
                            std::shared_ptr<const void> owner) {
    queue_.put_first(wire::control_frame(payload, os::unix_time_ns(), false), descriptor,
                     std::move(owner));
}

/// None: the message carries its bytes, or the link has ended.
std::optional<Reference> FramedLink::lend(const Message& message) {
    const Payload& payload = message.payload;
    if (!lends() || payload.bytes.size() <= limits::copied_loan_bytes_max || !payload.owner ||
        message.header.relay_domain != 0 || message.origin.id != 0 ||
        !host_->shared_pool()->find(payload.bytes))
        return std::nullopt;
    tell_segments();
    if (closed_ || !lender_) return std::nullopt;
    const auto reference = lender_->lend(payload, message.header.sequence);
    if (!lender_->fault()) return reference;
    broken(*lender_->fault());
    return std::nullopt;
}

bool FramedLink::send_reference(Header header, const Reference& reference, bool collect) {
    const std::uint64_t sequence = header.sequence;
    const auto bytes = reference.encode();
    Payload payload;
    payload.bytes = bytes;
    payload.has_bytes = true;
    header.flags |= flag_referenced;
    if (send_frame(header, {}, payload, collect)) return true;
    lender_->drop(sequence);
    return false;
}

// --- The reading end ---

bool FramedLink::take_lending_notice(const wire::FastMessage& notice) {
    auto taken =
        ours_.pattern == wire::Pattern::publisher ? take_mapped(notice) : take_segment(notice);
    if (!taken) broken(std::move(taken).error());
    return true;
}

Result<void> FramedLink::take_mapped(const wire::FastMessage& notice) {
    if (notice.method != wire::method_mapped || !lender_) return {};
    MYCELIUM_TRY_ASSIGN(const auto mapped, wire::decode_mapped(notice));
    lender_->mapped(mapped.number);
    return {};
}

/// What cannot be had here is not answered: then messages carry their bytes.
Result<void> FramedLink::take_segment(const wire::FastMessage& notice) {
    const auto is_lie = [this](const Error& error) {
        return error == Errc::malformed && !passing_->has_lost_descriptors();
    };
    if (notice.method == wire::method_lend) {
        os::Fd descriptor = passing_->take_descriptor();
        if (borrower_) return Error{Errc::malformed, "the publisher begins to lend twice"};
        auto opened = Borrower::open(std::move(descriptor));
        if (opened)
            borrower_ = *std::move(opened);
        else if (is_lie(opened.error()))
            return std::move(opened).error();
    } else if (notice.method == wire::method_segment) {
        MYCELIUM_TRY_ASSIGN(const auto segment, wire::decode_segment(notice));
        os::Fd descriptor = passing_->take_descriptor();
        if (!borrower_) return {};
        auto added = borrower_->add_segment(segment.number, static_cast<std::size_t>(segment.bytes),
                                            std::move(descriptor));
        if (added)
            send_control_bytes(wire::encode_mapped({.number = segment.number}));
        else if (is_lie(added.error()))
            return added;
    } else if (notice.method == wire::method_unmap && borrower_) {
        MYCELIUM_TRY_ASSIGN(const auto unmap, wire::decode_unmap(notice));
        borrower_->remove_segment(unmap.number);
    }
    return {};
}

/// Puts what the frame refers to in place of the reference.
Result<void> FramedLink::dereference(ReceivedFrame& frame) {
    // With a checksum of the reference it could not be passed on.
    constexpr std::uint8_t only = flag_referenced | flag_unchecked;
    if (!borrower_ || frame.header.flags != only || frame.payload.size() != Reference::bytes)
        return Error{Errc::malformed, "a reference that cannot be one"};
    const auto reference = Reference::decode(frame.payload.first<Reference::bytes>());
    if (reference.size > host_->message_bytes_max())
        return Error{Errc::malformed, "a reference to more than message_bytes_max bytes"};
    MYCELIUM_TRY_ASSIGN(Bytes bytes, borrower_->take(reference, frame.header.sequence));
    MYCELIUM_TRY_ASSIGN(bytes,
                        fit_to_read(std::move(bytes), ours_.type.form, peer_.type.form, *pool_));
    frame.header.flags = flag_unchecked;
    frame.header.payload_size = static_cast<std::uint32_t>(bytes.size());
    frame.payload = bytes.span();
    frame.owner = bytes.owner();
    return {};
}

}  // namespace mycelium::transport
