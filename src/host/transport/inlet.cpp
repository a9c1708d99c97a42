#include "host/transport/inlet.h"

#include <algorithm>
#include <string>
#include <utility>

#include <mycelium/limits.h>

#include "core/wire/header.h"
#include "host/os/barrier.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t inline_payload_max =
    limits::extension_bytes_max + std::max(limits::inline_bytes_max, Reference::bytes);
constexpr std::size_t space_min = 4 * KiB;
constexpr std::size_t space_max = 64 * KiB;
// A publisher that moves the head all the time is served in the next call.
constexpr int attempts_max = 64;
// Who has just caught up must not ask for lines that the publisher is about to write: it would have
// to fetch each of them back. Behind so many records there are probably more.
constexpr std::size_t heel = 8;

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
    inlet->message_bytes_max_ = message_bytes_max;
    if (past) {
        MYCELIUM_TRY_ASSIGN(auto past_memory,
                            os::SharedMemory::open(std::move(past), os::SharedMemory::Kind::log,
                                                   memory::log_data_offset, log_bytes_max));
        past_memory.drop_descriptor();
        MYCELIUM_TRY_ASSIGN(auto past_log, memory::LogReader::over(past_memory.span()));
        inlet->past_.emplace(Past{std::move(past_memory),
                                  {past_log, limits::message_bytes_ceiling, message_bytes_max}});
    }
    return inlet;
}

Inlet::Inlet(std::shared_ptr<Borrower::Lease> lease, os::SharedMemory memory,
             memory::LogReader log) noexcept
    : borrower_(std::move(lease)),
      lease_(borrower_.lease()),
      subscription_(*lease_.subscription),
      memory_(std::move(memory)),
      place_{log, inline_payload_max, inline_payload_max, subscription().begin_position(),
             subscription().begin_sequence()} {}

bool Inlet::has_more() const noexcept {
    return past_ || place_.log.has(place_.position) || subscription_.head() != place_.next;
}

bool Inlet::copy_records(Place& at, std::uint64_t end, std::span<Message> slots, Taken& copied) {
    using memory::LogReader;
    // All in locals: what is written to the slots might be anything of ours, for all that the
    // compiler knows.
    Place here = at;
    const std::uint64_t plain_bytes_max = std::min(here.copied_bytes_max, message_bytes_max_);
    Space space{space_.data(), space_.data() + space_.size()};
    Taken taken;
    bool is_sound = true;
    for (; taken.count < slots.size() && here.position < end; ++taken.count) {
        LogReader::Place place;
        if (taken.count >= heel) here.log.prefetch(here.position);
        const auto found = here.log.find(here.position, here.record_bytes_max, place);
        if (found == LogReader::Look::nothing) break;
        is_sound =
            found == LogReader::Look::record && (here.next == 0 || place.sequence == here.next);
        if (!is_sound) break;
        auto payload = place.payload();
        // One that is not wanted is not copied: it may be of gigabytes that are not there.
        if (payload.size() > here.copied_bytes_max) payload = {};
        const std::size_t bytes = LogReader::padded(payload.size());
        if (!space.has(bytes)) {
            is_short_of_space_ = taken.count != 0;
            if (is_short_of_space_) break;  // they lie there
            space_.resize(bytes);
            space = {space_.data(), space_.data() + space_.size()};
        }
        Message& message = slots[taken.count];
        Header& header = message.header;
        wire::decode_header_words(place.head, header);
        message.payload.bytes = {space.next, payload.size()};
        message.payload.has_bytes = true;
        LogReader::copy_payload(space.next, payload);
        space.next += bytes;
        if (!wire::is_plain(place.head) || place.payload_bytes > plain_bytes_max) {
            taken.is_plain = false;
            if (!wire::has_magic(place.head)) header.version = 0;
        }
        here.position = place.next;
        here.next = place.sequence + 1;
    }
    at = here;
    copied = taken;
    return is_sound;
}

Result<Inlet::Taken> Inlet::take(std::span<Message> slots, wire::SequenceTracker& tracker) {
    if (std::exchange(is_short_of_space_, false) || space_.empty())
        space_.resize(std::max({space_.size(), std::min(space_.size() * 2, space_max), space_min}));
    Taken taken;
    if (past_) {
        if (!copy_records(past_->place, UINT64_MAX, slots, taken))
            return malformed("sent a past that is none");
        if (taken.count != 0) return taken;
        past_.reset();
    }
    std::uint64_t end =
        slots.size() > 1 ? trailing_.end(place_.log, place_.position) : Trailing::everything;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        Place behind = place_;
        const bool is_sound = copy_records(behind, end, slots, taken);
        if (taken.count == 0 && subscription_.head() == place_.next) {
            if (is_sound) return taken;
            // Foreign bytes may be seen before the move of the head that allowed them. Only a head
            // that can still be exchanged says that they are the publisher's fault.
            if (subscription_.take(place_.next, place_.next))
                return malformed("has written nonsense into its log");
        }
        if (taken.count != 0 && subscription_.take(place_.next, behind.next)) {
            place_ = behind;
            return taken;
        }
        // What was copied is void: the publisher has dropped some of it.
        MYCELIUM_TRY(follow(tracker));
        // Who is dropped for is near enough to the newest: staying behind would bring it nothing.
        if (end != Trailing::everything) trailing_.give_up();
        end = Trailing::everything;
    }
    return Taken{};
}

Result<void> Inlet::follow(wire::SequenceTracker& tracker) {
    const std::uint64_t head = subscription_.head();
    const auto place = subscription_.place(head);
    if (!place) {
        // A slot is filled before the head moves there, and used again after it has moved on.
        if (subscription_.head() == head) return malformed("moved the head to nowhere");
        return {};
    }
    if (place->sequence < place_.next || place->position % memory::record_step != 0)
        return malformed("moved the head back");
    Missed missed;
    std::uint64_t left = place->sequence - place_.next;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        const std::uint64_t more = std::min(place->dropped[i] - dropped_[i], left);
        missed.by_reason[i] = more;
        left -= more;
    }
    dropped_ = place->dropped;
    // What nobody counted is no drop: the tracker finds it missing, and the ledger shows it.
    tracker.gap(missed, place->sequence - left);
    place_.position = place->position;
    place_.next = place->sequence;
    return {};
}

}  // namespace mycelium::transport
