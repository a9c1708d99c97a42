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

void Inlet::forget_taken() noexcept {
    taken_.clear();
    space_used_ = 0;
}

bool Inlet::copy_records(const memory::LogReader& log, std::size_t limit,
                         std::uint64_t payload_bytes_max, std::uint64_t copied_bytes_max,
                         std::uint64_t& position, std::uint64_t& next) {
    memory::LogReader::Record record;
    while (taken_.size() < limit) {
        const auto look = log.look(position, payload_bytes_max, record);
        if (look == memory::LogReader::Look::nothing) return true;
        if (look == memory::LogReader::Look::nonsense || (next != 0 && record.sequence != next))
            return false;
        // One that is not wanted is not copied: it may be of gigabytes that are not there.
        const bool is_too_large = record.payload.size() > copied_bytes_max;
        if (is_too_large) record.payload = {};
        const std::size_t size = memory::LogReader::padded(record.payload.size());
        if (space_used_ + size > space_.size()) {
            if (space_used_ + size > space_max && !taken_.empty()) return true;
            space_.resize(std::max({space_used_ + size, space_.size() * 2, space_min}));
        }
        memory::LogReader::copy_payload(space_.data() + space_used_, record.payload);
        taken_.push_back({record.head,
                          record.sequence,
                          {record.payload.data(), record.payload.size()},
                          is_too_large});
        space_used_ += size;
        position = record.next;
        next = record.sequence + 1;
    }
    return true;
}

/// The space may have moved while it grew.
void Inlet::point_into_space() noexcept {
    std::size_t used = 0;
    for (Taken& one : taken_) {
        one.payload = std::span<const std::byte>{space_}.subspan(used, one.payload.size());
        used += memory::LogReader::padded(one.payload.size());
    }
}

Result<std::span<const Inlet::Taken>> Inlet::take(std::size_t limit,
                                                  wire::SequenceTracker& tracker) {
    forget_taken();
    if (past_) {
        if (!copy_records(past_->log, limit, limits::message_bytes_ceiling, past_bytes_max_,
                          past_->position, past_->next))
            return malformed("sent a past that is none");
        if (!taken_.empty()) {
            point_into_space();
            return std::span<const Taken>{taken_};
        }
        past_.reset();
    }
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        std::uint64_t position = position_;
        std::uint64_t next = next_;
        const bool is_sound =
            copy_records(log_, limit, inline_payload_max, inline_payload_max, position, next);
        if (taken_.empty() && lease_.subscription->head() == next_) {
            if (is_sound) return std::span<const Taken>{};
            // Foreign bytes may be seen before the move of the head that allowed them. Only a head
            // that can still be exchanged says that they are the publisher's fault.
            if (lease_.subscription->take(next_, next_))
                return malformed("has written nonsense into its log");
        }
        if (!taken_.empty() && lease_.subscription->take(next_, next)) {
            position_ = position;
            next_ = next;
            point_into_space();
            return std::span<const Taken>{taken_};
        }
        // What was copied is void: the publisher has dropped some of it.
        forget_taken();
        MYCELIUM_TRY(follow(tracker));
    }
    return std::span<const Taken>{};
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
    missed.add(DropReason::queue_full, left);  // a publisher that does not tell why
    dropped_ = place->dropped;
    tracker.gap(missed, place->sequence);
    position_ = place->position;
    next_ = place->sequence;
    return {};
}

}  // namespace mycelium::transport
