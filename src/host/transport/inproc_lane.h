// InprocLane: one direction of a link inside a process: a bounded queue that passes values on as
// they are.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/ext/ports.h>

#include "core/wire/notices.h"
#include "host/os/doorbell.h"
#include "host/os/spin_lock.h"
#include "host/transport/inproc_queue.h"
#include "host/transport/link.h"

namespace mycelium::transport {

/// What the reading port wished for.
struct LaneLimits {
    SlowReader slow = SlowReader::block;
    std::size_t messages_max = 0;
    std::size_t bytes_max = 0;
    std::uint64_t message_bytes_max = 0;
    bool is_pubsub = false;
    bool shares_objects = false;
    /// Requests that were not taken out when the lane closes stay unseen: their caller was told so.
    bool ends_at_close = false;
};

/// Shared by the two links at its ends: one thread at a time writes, one reads, and where no policy
/// has anything to decide they have nothing in common but the messages. What the writer takes out
/// of the front it takes with the reader's lock.
class InprocLane {
public:
    /// `cell` is the writing link's.
    InprocLane(LaneLimits limits, std::shared_ptr<os::Doorbell> reader_bell,
               std::shared_ptr<memory::LinkCell> cell);

    // The writer's.
    enum class Push : std::uint8_t { taken, closed, reader_too_slow };
    /// Seen by the reader from the next commit() on. Whatever becomes of it is counted. Errors:
    /// bad_alloc; nothing is counted then.
    Push append(InprocValue&& value);
    void commit() noexcept;
    /// So many more are sent and gone.
    void count_gone(std::size_t messages) noexcept;
    bool has_room(std::size_t messages, std::size_t bytes) const noexcept;
    void await_room(std::shared_ptr<os::Doorbell> writer_bell);
    void start(std::uint64_t next_sequence);
    void demote() noexcept;
    void pause(bool is_paused) noexcept;
    /// The writer has a message that is not for this reader.
    void pass_over(const Header& header, DropReason reason);
    bool is_demoted() const noexcept { return is_demoted_.load(std::memory_order_relaxed); }
    /// After commit(): wakes the reader, if it sleeps.
    void ring_reader() const noexcept { reader_bell_->ring_if_heard(is_barred_); }
    /// The writing end's.
    LinkCounters counters() const noexcept;
    std::size_t bytes() const noexcept;

    // The reader's.
    /// Is there a message, or a notice? A look at the next place in the queue.
    bool has_more() noexcept;
    /// Up to `limit` messages, oldest first. Bytes without an owner are valid until the next
    /// pop().
    void pop(std::vector<Message>& into, std::size_t limit, wire::SequenceTracker& sequence);
    /// What was popped stays valid as long as this.
    void keep_popped() noexcept;
    /// So many were handed out, and the reader is done with so many.
    void count_delivered(std::uint64_t delivered, std::uint64_t finished) noexcept;
    /// The one counted last could not be decoded.
    void count_malformed() noexcept;

    // Both.
    void close() noexcept;
    bool is_closed() const noexcept { return is_closed_.load(std::memory_order_acquire); }
    /// Messages that the reader has taken out.
    std::uint64_t popped() const noexcept { return settled_.taken; }

private:
    using Locked = std::lock_guard<os::SpinLock>;

    std::size_t size_of(const InprocValue& value) const noexcept {
        return limits_.shares_objects ? 0 : value.bytes.size();
    }
    bool is_shared(const InprocValue& value) const noexcept {
        return limits_.shares_objects && value.object != nullptr;
    }
    std::uint64_t queued() const noexcept {
        return messages_in_ - messages_out_.load(std::memory_order_relaxed);
    }
    std::uint64_t queued_bytes() const noexcept {
        return bytes_in_ - bytes_out_.load(std::memory_order_relaxed);
    }
    bool fits(std::size_t messages, std::size_t bytes) const noexcept;
    bool is_full(std::size_t bytes) const noexcept;
    bool takes_at_once(std::size_t size) const noexcept;
    Push place(InprocValue&& value, std::size_t size);
    void put(InprocValue&& value, std::size_t size);
    void put_gap_before_it();
    void leave_out(std::uint64_t sequence, DropReason reason);
    void count_sent(const Header& last, std::size_t messages, std::size_t bytes) noexcept;
    bool drop_front(DropReason reason) noexcept;
    void count_out(std::size_t messages, std::size_t bytes) noexcept;
    void tell_notices(wire::SequenceTracker& sequence) noexcept;
    void tell_end(wire::SequenceTracker& sequence) noexcept;
    void throw_away_unseen(std::unique_lock<os::SpinLock>& locked) noexcept;
    void take_out(std::vector<Message>& into, std::size_t limit, wire::SequenceTracker& sequence,
                  std::unique_lock<os::SpinLock>& locked) noexcept;
    bool is_awaited() noexcept;
    void wake_writer() noexcept;
    void count_dropped(DropReason reason, std::size_t messages = 1) noexcept {
        writing_.dropped[static_cast<std::size_t>(reason)] += messages;
    }

    const LaneLimits limits_;
    /// Whoever sleeps has a barrier in all threads: who wakes needs no fence.
    const bool is_barred_;
    const std::shared_ptr<os::Doorbell> reader_bell_;
    const std::shared_ptr<memory::LinkCell> cell_;
    memory::telemetry::Writing<base::Count>& writing_;  // the writer's
    memory::telemetry::Settled<base::Count>& settled_;  // the reader's, on a cache line of its own

    // The writer's, on lines that the reader never looks at.
    alignas(64) std::uint64_t messages_in_ = 0;  // put into the queue
    std::uint64_t bytes_in_ = 0;
    bool is_paused_ = false;
    struct Fresh {
        std::size_t messages = 0, bytes = 0;
        std::uint64_t sequence = 0, timestamp = 0;  // of the last one
    };
    Fresh fresh_;                                  // since the last commit()
    mutable std::uint64_t messages_out_seen_ = 0;  // a reader's line is not looked at each time
    mutable std::uint64_t bytes_out_seen_ = 0;

    InprocQueue queue_;

    // The reader's, or of whoever holds its lock.
    alignas(64) mutable os::SpinLock lock_;
    std::atomic<std::uint64_t> messages_out_{0};  // taken out of the queue; read without the lock
    std::atomic<std::uint64_t> bytes_out_{0};
    wire::Gap front_gap_;  // before the first message
    wire::Gap back_gap_;   // behind the last one
    std::optional<std::uint64_t> start_;
    bool has_notices_ = false;  // one of the three above
    std::shared_ptr<os::Doorbell>
        writer_bell_;  // set while the writer waits for room or for delivery

    // Both look at these, and they seldom change.
    alignas(64) std::atomic<bool> is_demoted_{false};
    std::atomic<bool> is_closed_{false};
    std::atomic<std::uint32_t> is_awaited_{0};
    std::atomic<bool> has_back_gap_{false};
};

}  // namespace mycelium::transport
