#include "host/transport/inproc_lane.h"

#include <new>
#include <utility>

#include "base/relax.h"
#include "host/os/barrier.h"
#include "host/os/thread.h"

namespace mycelium::transport {

InprocLane::InprocLane(LaneLimits limits, std::shared_ptr<os::Doorbell> reader_bell,
                       std::shared_ptr<memory::LinkCell> cell)
    : limits_(limits),
      is_barred_(os::reachable_by_barriers()),
      reader_bell_(std::move(reader_bell)),
      cell_(std::move(cell)),
      writing_(cell_->writing),
      settled_(cell_->settled) {}

// --- The writer ---

/// By what the reader is known to have taken out; asks it only when that is not enough.
bool InprocLane::fits(std::size_t messages, std::size_t bytes) const noexcept {
    const auto fits_now = [&] {
        return messages_in_ - messages_out_seen_ + messages <= limits_.messages_max &&
               bytes_in_ - bytes_out_seen_ + bytes <= limits_.bytes_max;
    };
    if (fits_now()) return true;
    messages_out_seen_ = messages_out_.load(std::memory_order_relaxed);
    bytes_out_seen_ = bytes_out_.load(std::memory_order_relaxed);
    return fits_now();
}

bool InprocLane::is_full(std::size_t bytes) const noexcept {
    const std::uint64_t messages = queued();
    return messages >= limits_.messages_max ||
           (messages != 0 && queued_bytes() + bytes > limits_.bytes_max);
}

/// Has no policy anything to decide?
bool InprocLane::takes_at_once(std::size_t size) const noexcept {
    if (is_paused_ || size > limits_.message_bytes_max) return false;
    if (has_back_gap_.load(std::memory_order_relaxed)) return false;
    if (!limits_.is_pubsub) return true;
    return limits_.slow != SlowReader::latest && fits(1, size);
}

InprocLane::Push InprocLane::append(InprocValue&& value) {
    const std::size_t size = size_of(value);
    if (is_closed_.load(std::memory_order_relaxed)) {
        count_gone(1);
        return Push::closed;
    }
    if (!takes_at_once(size)) return place(std::move(value), size);
    put(std::move(value), size);
    return Push::taken;
}

/// Objects go as they are only to whoever shares them. Small bytes are copied, with them goes no
/// owner that two processors would have to count; what calls carry outlives the queue.
void InprocLane::put(InprocValue&& value, std::size_t size) {
    if (!is_shared(value)) {
        value.object = nullptr;
        value.schema = nullptr;
        const bool is_small =
            value.bytes.size() <=
            (value.owner ? InprocRecord::copied_owned_bytes_max : InprocRecord::copied_bytes_max);
        if (is_small && value.call.kind == CallKind::none) value.owner = nullptr;
        if (!is_small && !value.owner) {
            Bytes copy = Bytes::copy_of(value.bytes);
            value.bytes = copy.span();
            value.owner = std::move(copy).owner();
        }
    } else {
        value.bytes = {};
        value.has_bytes = false;
    }
    fresh_.sequence = value.header.sequence;
    fresh_.timestamp = value.header.timestamp;
    queue_.append(std::move(value));
    ++fresh_.messages;
    fresh_.bytes += size;
    ++messages_in_;
    bytes_in_ += size;
}

void InprocLane::commit() noexcept {
    if (fresh_.messages != 0) {
        // Before they are seen: nothing is delivered that was not sent.
        const base::Change change{writing_.version};
        writing_.sent += fresh_.messages;
        writing_.left += fresh_.messages;
        writing_.bytes += fresh_.bytes;
        writing_.queued_bytes += fresh_.bytes;
        writing_.last_sequence = fresh_.sequence;
        writing_.last_timestamp = fresh_.timestamp;
        fresh_ = {};
    }
    queue_.commit();
}

void InprocLane::count_gone(std::size_t messages) noexcept {
    const base::Change change{writing_.version};
    writing_.sent += messages;
    count_dropped(DropReason::peer_gone, messages);
}

void InprocLane::count_sent(const Header& last, std::size_t messages, std::size_t bytes) noexcept {
    writing_.sent += messages;
    writing_.bytes += bytes;
    writing_.last_sequence = last.sequence;
    writing_.last_timestamp = last.timestamp;
}

/// What calls consist of is never refused: there is no more of it than calls under way, and who
/// begins one asks for room first.
InprocLane::Push InprocLane::place(InprocValue&& value, std::size_t size) {
    commit();  // only what the reader sees can be dropped, or have a gap behind it
    if (is_paused_ || size > limits_.message_bytes_max) {
        const DropReason reason = is_paused_ ? DropReason::paused : DropReason::too_large;
        const base::Change change{writing_.version};
        count_sent(value.header, 1, size);
        count_dropped(reason);
        leave_out(value.header.sequence, reason);
        return Push::taken;
    }
    if (limits_.is_pubsub && limits_.slow == SlowReader::latest) {
        while (drop_front(DropReason::conflated)) {
        }
    } else if (limits_.is_pubsub && is_full(size)) {
        const bool demoted = is_demoted();
        if (limits_.slow == SlowReader::disconnect) {
            count_gone(1);
            return Push::reader_too_slow;
        }
        if (limits_.slow == SlowReader::drop_oldest || demoted) {
            const auto reason = demoted ? DropReason::block_deadline : DropReason::queue_full;
            while (is_full(size) && drop_front(reason)) {
            }
        }
    }
    put_gap_before_it();
    put(std::move(value), size);
    return Push::taken;
}

/// With everything committed.
void InprocLane::leave_out(std::uint64_t sequence, DropReason reason) {
    const Locked locked{lock_};
    back_gap_.dropped.add(reason, 1);
    back_gap_.next_sequence = sequence + 1;
    has_notices_ = true;
    has_back_gap_.store(true, std::memory_order_relaxed);
}

/// What was left out takes its turn, unless the reader has been told already. However much that
/// was, it is one record: a reader that does not read costs no memory by it.
void InprocLane::put_gap_before_it() {
    if (!has_back_gap_.load(std::memory_order_relaxed)) return;
    wire::Gap gap;
    {
        const Locked locked{lock_};
        std::swap(gap, back_gap_);
        has_back_gap_.store(false, std::memory_order_relaxed);
    }
    if (gap.dropped.total() == 0) return;
    try {
        queue_.append(gap);  // seen with the message behind it
    } catch (const std::bad_alloc&) {
        const Locked locked{lock_};
        std::swap(gap, back_gap_);
        has_notices_ = true;
        has_back_gap_.store(true, std::memory_order_relaxed);
        throw;
    }
}

/// False: nothing is there to be dropped.
bool InprocLane::drop_front(DropReason reason) noexcept {
    std::shared_ptr<const void> owner;  // its deleter runs after the lock is released
    std::size_t size = 0;
    {
        const Locked locked{lock_};
        InprocRecord* record = queue_.front_to_drop();
        for (; record && record->is_gap(); record = queue_.front_to_drop()) {
            const wire::Gap gap = record->take_gap();
            queue_.pop();
            front_gap_.dropped.add(gap.dropped);
            front_gap_.next_sequence = gap.next_sequence;
            has_notices_ = true;
        }
        if (!record) return false;
        front_gap_.dropped.add(reason, 1);
        front_gap_.next_sequence = record->sequence() + 1;
        has_notices_ = true;
        if (!limits_.shares_objects) size = record->bytes();
        owner = record->take_owner();
        queue_.pop();
        count_out(1, size);
    }
    const base::Change change{writing_.version};
    count_dropped(reason);
    writing_.left -= 1;
    writing_.queued_bytes -= size;
    return true;
}

bool InprocLane::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    if (limits_.slow != SlowReader::block || is_demoted() || is_closed()) return true;
    return fits(messages, limits_.shares_objects ? 0 : bytes) || queued() == 0;
}

void InprocLane::await_room(std::shared_ptr<os::Doorbell> writer_bell) {
    {
        const Locked locked{lock_};
        writer_bell_ = std::move(writer_bell);
        // Pairs with is_awaited(): either the reader sees that it is awaited, or the writer, who
        // looks once more after this, sees what the reader did.
        is_awaited_.exchange(1, std::memory_order_acq_rel);
    }
    if (is_barred_) (void)os::barrier_within();
}

void InprocLane::start(std::uint64_t next_sequence) {
    const Locked locked{lock_};
    start_ = next_sequence;
    has_notices_ = true;
}

void InprocLane::demote() noexcept {
    const Locked locked{lock_};
    is_demoted_.store(true, std::memory_order_relaxed);
    writing_.is_demoted = 1;
}

void InprocLane::pause(bool is_paused) noexcept {
    is_paused_ = is_paused;
    while (is_paused && drop_front(DropReason::paused)) {
    }
}

void InprocLane::pass_over(const Header& header, DropReason reason) {
    commit();
    const base::Change change{writing_.version};
    ++writing_.sent;
    count_dropped(reason);
    if (!is_closed_.load(std::memory_order_relaxed)) leave_out(header.sequence, reason);
}

LinkCounters InprocLane::counters() const noexcept {
    constexpr int looks_max = 1000;  // the reader may be put aside by the kernel in between
    LinkCounters counters;
    std::uint64_t finished = 0, malformed = 0;
    for (int looks = 0; looks < looks_max; ++looks) {
        const std::uint64_t version = settled_.version.acquire();
        counters.delivered = settled_.delivered.acquire();
        finished = settled_.finished.acquire();
        malformed = settled_.malformed.acquire();
        if ((version & 1) == 0 && settled_.version == version) break;
        if (looks < 100)
            base::relax();
        else
            os::yield();
    }
    // Behind what is finished, and before what has left: each was counted before the next.
    const std::uint64_t taken = settled_.taken.acquire();
    counters.sent = writing_.sent;
    counters.bytes = writing_.bytes;
    for (std::size_t i = 0; i < drop_reason_count; ++i) counters.dropped[i] = writing_.dropped[i];
    counters.dropped[static_cast<std::size_t>(DropReason::malformed)] += malformed;
    counters.queued = writing_.left - taken;
    counters.away = taken - finished;
    return counters;
}

std::size_t InprocLane::bytes() const noexcept { return static_cast<std::size_t>(queued_bytes()); }

// --- The reader ---

bool InprocLane::has_more() noexcept {
    const Locked locked{lock_};
    return queue_.front() != nullptr;
}

/// Of what comes before the front.
void InprocLane::tell_notices(wire::SequenceTracker& sequence) noexcept {
    if (start_) sequence.start(*std::exchange(start_, std::nullopt));
    if (front_gap_.dropped.total() != 0) sequence.gap(front_gap_.dropped, front_gap_.next_sequence);
    front_gap_ = {};
    has_notices_ = back_gap_.dropped.total() != 0;
}

/// Everything was taken out.
void InprocLane::tell_end(wire::SequenceTracker& sequence) noexcept {
    if (has_notices_) {
        sequence.gap(back_gap_.dropped, back_gap_.next_sequence);
        back_gap_ = {};
        has_back_gap_.store(false, std::memory_order_relaxed);
        has_notices_ = false;
    }
    if (!is_demoted_.load(std::memory_order_relaxed)) return;
    is_demoted_.store(false, std::memory_order_relaxed);
    writing_.is_demoted = 0;
}

/// Requests that nobody may answer any more go, and stay in the queue's books.
void InprocLane::throw_away_unseen(std::unique_lock<os::SpinLock>& locked) noexcept {
    for (InprocRecord* record = queue_.front(); record; record = queue_.front()) {
        if (record->is_gap() || record->call_kind() == CallKind::notification) return;
        std::shared_ptr<const void> owner = record->take_owner();
        queue_.pop();
        locked.unlock();
        owner.reset();
        locked.lock();
    }
}

void InprocLane::count_out(std::size_t messages, std::size_t bytes) noexcept {
    messages_out_.store(messages_out_.load(std::memory_order_relaxed) + messages,
                        std::memory_order_relaxed);
    bytes_out_.store(bytes_out_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

void InprocLane::take_out(std::vector<Message>& into, std::size_t limit,
                          wire::SequenceTracker& sequence,
                          std::unique_lock<os::SpinLock>& locked) noexcept {
    const bool has_ended = limits_.ends_at_close && is_closed_.load(std::memory_order_relaxed);
    std::size_t count = 0, bytes = 0;
    while (count < limit) {
        if (has_ended) throw_away_unseen(locked);
        InprocRecord* const record = queue_.front();
        if (!record) {
            tell_end(sequence);
            break;
        }
        if (record->is_gap()) {
            const wire::Gap gap = record->take_gap();
            queue_.pop();
            sequence.gap(gap.dropped, gap.next_sequence);
            continue;
        }
        Message& message = into.emplace_back();
        record->take(message);
        queue_.pop();
        if (limits_.is_pubsub && !sequence.arrive_next(message.header.sequence))
            message.missed = sequence.arrive(message.header.sequence);
        ++count;
        bytes += message.payload.bytes.size();
    }
    if (count == 0) return;
    if (limits_.shares_objects) bytes = 0;
    settled_.taken_bytes += bytes;
    settled_.taken.publish(settled_.taken + count);
    count_out(count, bytes);
}

void InprocLane::pop(std::vector<Message>& into, std::size_t limit,
                     wire::SequenceTracker& sequence) {
    into.reserve(into.size() + limit);
    {
        std::unique_lock locked{lock_};
        queue_.let_go();
        if (has_notices_) tell_notices(sequence);
        take_out(into, limit, sequence, locked);
        queue_.hold();
    }
    if (is_awaited()) wake_writer();
}

void InprocLane::keep_popped() noexcept {
    const Locked locked{lock_};
    queue_.keep_all();
}

void InprocLane::count_delivered(std::uint64_t delivered, std::uint64_t finished) noexcept {
    {
        const base::Change change{settled_.version};
        settled_.finished += finished;
        settled_.delivered += delivered;
    }
    if (is_awaited()) wake_writer();
}

void InprocLane::count_malformed() noexcept {
    const base::Change change{settled_.version};
    --settled_.delivered;
    ++settled_.malformed;
}

/// After something was done that the writer may wait for.
bool InprocLane::is_awaited() noexcept {
    // The writer's barrier orders the look after what was done before it; without one the reader
    // pays for that.
    if (!is_barred_) return is_awaited_.fetch_or(0, std::memory_order_acq_rel) != 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return is_awaited_.load(std::memory_order_relaxed) != 0;
}

void InprocLane::wake_writer() noexcept {
    std::shared_ptr<os::Doorbell> writer_bell;
    {
        const Locked locked{lock_};
        is_awaited_.store(0, std::memory_order_relaxed);
        writer_bell = std::exchange(writer_bell_, nullptr);
    }
    if (writer_bell) writer_bell->ring();
}

// --- Both ---

void InprocLane::close() noexcept {
    std::shared_ptr<os::Doorbell> writer_bell;
    {
        const Locked locked{lock_};
        is_closed_.store(true, std::memory_order_release);
        writer_bell = std::exchange(writer_bell_, nullptr);
    }
    reader_bell_->ring();
    if (writer_bell) writer_bell->ring();
}

}  // namespace mycelium::transport
