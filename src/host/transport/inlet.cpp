#include "host/transport/inlet.h"

#include <algorithm>
#include <string>
#include <utility>

#include <mycelium/limits.h>

#include "host/os/barrier.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t inline_payload_max =
    limits::extension_bytes_max + std::max(limits::inline_bytes_max, Reference::bytes);
constexpr std::size_t space_min = 4 * KiB;
constexpr std::size_t space_max = 64 * KiB;
// A publisher that moves the head all the time is served in the next call.
constexpr int attempts_max = 64;

Error malformed(std::string what) { return {Errc::malformed, "the publisher " + std::move(what)}; }

}  // namespace

Result<std::unique_ptr<Inlet>> Inlet::open(os::Fd subscription, os::Fd log, os::Fd past,
                                           std::uint64_t message_bytes_max,
                                           std::shared_ptr<stream::DescriptorStream> stream) {
    constexpr std::size_t log_bytes_max = 4 * GiB;
    MYCELIUM_TRY_ASSIGN(auto shared, memory::SubscriptionReader::open(std::move(subscription)));
    MYCELIUM_TRY_ASSIGN(auto memory,
                        os::SharedMemory::open(std::move(log), os::SharedMemory::Kind::log,
                                               memory::log_data_offset, log_bytes_max));
    memory.drop_descriptor();
    MYCELIUM_TRY_ASSIGN(auto reader, memory::LogReader::over(memory.span()));
    if (shared->begin_position() % memory::record_step != 0 || shared->begin_sequence() == 0)
        return malformed("begins its log nowhere");
    const bool is_fenced = shared->is_publisher_reachable() && os::reachable_by_barriers();
    auto lease = std::make_shared<Borrower::Lease>(
        Borrower::Lease{std::move(shared), std::move(stream), is_fenced});
    std::unique_ptr<Inlet> inlet{new Inlet{std::move(lease), std::move(memory), reader}};
    inlet->past_bytes_max_ = message_bytes_max;
    if (past) {
        MYCELIUM_TRY_ASSIGN(auto past_memory,
                            os::SharedMemory::open(std::move(past), os::SharedMemory::Kind::log,
                                                   memory::log_data_offset, log_bytes_max));
        past_memory.drop_descriptor();
        MYCELIUM_TRY_ASSIGN(auto past_log, memory::LogReader::over(past_memory.span()));
        inlet->past_.emplace(Past{std::move(past_memory), past_log, 0, 0});
    }
    return inlet;
}

Inlet::Inlet(std::shared_ptr<Borrower::Lease> lease, os::SharedMemory memory,
             memory::LogReader log) noexcept
    : borrower_(std::move(lease)),
      lease_(borrower_.lease()),
      memory_(std::move(memory)),
      log_(log),
      position_(subscription().begin_position()),
      next_(subscription().begin_sequence()) {}

bool Inlet::has_more() const noexcept {
    return past_ || log_.has(position_) || lease_.subscription->head() != next_;
}

bool Inlet::copy_records(const memory::LogReader& log, std::size_t limit,
                         std::uint64_t payload_bytes_max, std::uint64_t& position,
                         std::uint64_t& next) {
    memory::LogReader::Place place;
    while (taken_ < limit) {
        const auto found = log.find(position, payload_bytes_max, place);
        if (found == memory::LogReader::Look::nothing) return true;
        if (found == memory::LogReader::Look::nonsense || (next != 0 && place.sequence != next))
            return false;
        // One that is not wanted is not copied: it may be of gigabytes that are not there.
        const bool is_wanted = place.payload_bytes <= copied_bytes_max_;
        const std::size_t size =
            memory::LogReader::copied_bytes(is_wanted ? place.payload_bytes : 0);
        if (space_used_ + size > space_.size()) {
            if (space_used_ + size > space_max && taken_ != 0) return true;
            space_.resize(std::max({space_used_ + size, space_.size() * 2, space_min}));
        }
        memory::LogReader::copy(space_.data() + space_used_, place, is_wanted);
        space_used_ += size;
        ++taken_;
        position = place.next;
        next = place.sequence + 1;
    }
    return true;
}

Result<std::size_t> Inlet::take(std::size_t limit, wire::SequenceTracker& tracker) {
    forget_taken();
    if (past_) {
        copied_bytes_max_ = past_bytes_max_;
        if (!copy_records(past_->log, limit, limits::message_bytes_ceiling, past_->position,
                          past_->next))
            return malformed("sent a past that is none");
        if (taken_ != 0) return taken_;
        past_.reset();
    }
    copied_bytes_max_ = inline_payload_max;
    memory::SubscriptionReader& subscription = *lease_.subscription;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        std::uint64_t position = position_;
        std::uint64_t next = next_;
        const bool is_sound = copy_records(log_, limit, inline_payload_max, position, next);
        if (taken_ == 0 && subscription.head() == next_) {
            if (is_sound) return std::size_t{0};
            // Foreign bytes may be seen before the move of the head that allowed them. Only a head
            // that can still be exchanged says that they are the publisher's fault.
            if (subscription.take(next_, next_))
                return malformed("has written nonsense into its log");
        }
        if (taken_ != 0 && subscription.take(next_, next)) {
            position_ = position;
            next_ = next;
            return taken_;
        }
        // What was copied is void: the publisher has dropped some of it.
        forget_taken();
        MYCELIUM_TRY(follow(tracker));
    }
    return std::size_t{0};
}

Result<void> Inlet::follow(wire::SequenceTracker& tracker) {
    const std::uint64_t head = lease_.subscription->head();
    const auto place = lease_.subscription->place(head);
    if (!place) {
        // A slot is filled before the head moves there, and used again after it has moved on.
        if (lease_.subscription->head() == head) return malformed("moved the head to nowhere");
        return {};
    }
    if (place->sequence < next_ || place->position % memory::record_step != 0)
        return malformed("moved the head back");
    Missed missed;
    std::uint64_t left = place->sequence - next_;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        const std::uint64_t more = std::min(place->dropped[i] - dropped_[i], left);
        missed.by_reason[i] = more;
        left -= more;
    }
    dropped_ = place->dropped;
    // What nobody counted is no drop: the tracker finds it missing, and the ledger shows it.
    tracker.gap(missed, place->sequence - left);
    position_ = place->position;
    next_ = place->sequence;
    return {};
}

}  // namespace mycelium::transport
