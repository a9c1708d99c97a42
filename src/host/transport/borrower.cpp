#include "host/transport/borrower.h"

#include <new>
#include <string>
#include <utility>

#include <mycelium/limits.h>

#include "base/copy.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t segments_max = 1024;
constexpr std::size_t segments_bytes_max = 16 * GiB;  // far more than a pool's loan_bytes_max

Error malformed(std::string what) { return {Errc::malformed, "the publisher " + std::move(what)}; }

}  // namespace

void Borrower::Lease::release(std::uint64_t ticket) noexcept {
    if (subscription->release(ticket)) ring_writer();
}

Result<std::unique_ptr<Borrower>> Borrower::open(os::Fd subscription) {
    MYCELIUM_TRY_ASSIGN(auto shared, memory::SubscriptionReader::open(std::move(subscription)));
    const std::uint64_t begin = shared->head();
    auto borrower =
        std::make_unique<Borrower>(std::make_shared<Lease>(Lease{std::move(shared), {}, false}));
    borrower->taken_ = begin;
    return borrower;
}

Result<void> Borrower::add_segment(std::uint32_t number, std::size_t bytes, os::Fd descriptor) {
    if (has_segment(number)) return malformed("sent a segment twice");
    if (segments_.size() >= segments_max) return malformed("sent too many segments");
    if (bytes == 0) return malformed("sent a segment of no bytes");
    // Holes cost their maker nothing, but their addresses are this process's.
    if (bytes > segments_bytes_max - segment_bytes_)
        return malformed("sent segments of more than " + std::to_string(segments_bytes_max) +
                         " bytes together");
    MYCELIUM_TRY_ASSIGN(
        auto memory,
        os::SharedMemory::open(std::move(descriptor), os::SharedMemory::Kind::log, bytes, bytes));
    memory.drop_descriptor();
    segments_[number] = std::make_shared<const Segment>(Segment{std::move(memory), lease_});
    segment_bytes_ += bytes;
    return {};
}

void Borrower::remove_segment(std::uint32_t number) noexcept {
    const auto found = segments_.find(number);
    if (found == segments_.end()) return;
    segment_bytes_ -= found->second->memory.size();
    segments_.erase(found);
}

Result<Bytes> Borrower::hold(const Reference& reference) const {
    const auto found = segments_.find(reference.segment);
    if (found == segments_.end()) return malformed("refers to a segment that it did not send");
    const os::SharedMemory& memory = found->second->memory;
    if (reference.offset > memory.size() || reference.size > memory.size() - reference.offset)
        return malformed("refers to memory beyond its segment");
    // Another core wrote it: by the time that somebody reads it, it is here. What follows each end
    // the processor fetches ahead by itself.
    const std::byte* const begin = memory.data() + reference.offset;
    __builtin_prefetch(begin);
    if (reference.size != 0) __builtin_prefetch(begin + reference.size - 1);
    /// Releases when the last sample that shares it is gone. One counter for all that it keeps: to
    /// take one costs as much as all the rest, and so does to leave it.
    struct Held {
        std::shared_ptr<const Segment> segment;
        std::uint64_t ticket;
        Held(std::shared_ptr<const Segment> its, std::uint64_t number) noexcept
            : segment(std::move(its)), ticket(number) {}
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held() { segment->lease->release(ticket); }
    };
    std::shared_ptr<const void> owner;
    try {
        owner = std::make_shared<const Held>(found->second, reference.ticket);
    } catch (const std::bad_alloc&) {
        lease_->release(reference.ticket);
        return Error{Errc::overloaded, "no memory"};
    }
    return Bytes{{begin, static_cast<std::size_t>(reference.size)}, std::move(owner)};
}

Result<Bytes> Borrower::take(const Reference& reference, std::uint64_t sequence) {
    if (sequence < taken_ || sequence == UINT64_MAX)
        return malformed("lends for a message of the past");
    if (!lease_->subscription->take(taken_, sequence + 1))
        return Error{Errc::unavailable, "the publisher ended the link"};
    taken_ = sequence + 1;
    return hold(reference);
}

Result<Bytes> fit_to_read(Bytes bytes, Form ours, Form theirs, memory::BlockPool& pool) {
    const Form form = ours == Form::any ? theirs : ours;
    if (form != Form::fields && form != Form::tlv) return bytes;
    auto copy = pool.lend(bytes.size());
    if (copy.span().empty() && !bytes.empty()) return Error{Errc::overloaded, "no memory"};
    base::copy(copy.span().data(), bytes.data(), bytes.size());
    return std::move(copy).freeze();
}

}  // namespace mycelium::transport
