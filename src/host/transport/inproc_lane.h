// InprocLane: one direction of a link inside a process: a bounded queue that passes values on as
// they are.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/ext/ports.h>

#include "base/ring.h"
#include "core/wire/notices.h"
#include "host/os/doorbell.h"
#include "host/os/spin_lock.h"
#include "host/transport/inproc_batch.h"
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

/// Shared by the two links at its ends: one thread writes, one reads. Every message in it owns what
/// it refers to.
class InprocLane {
public:
    /// `cell` is the writing link's.
    InprocLane(LaneLimits limits, std::shared_ptr<os::Doorbell> reader_bell,
               std::shared_ptr<memory::LinkCell> cell)
        : limits_(limits),
          reader_bell_(std::move(reader_bell)),
          cell_(std::move(cell)),
          writing_(cell_->writing),
          settled_(cell_->settled) {}

    // The writer's.
    enum class Push : std::uint8_t { taken, closed, reader_too_slow };
    /// As far as none is refused; the rest is counted as sent and gone.
    Push push(const InprocPart& part);
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
    void ring_reader() const noexcept { reader_bell_->ring(); }

    // The reader's.
    /// Up to `limit` messages, oldest first. They are valid as long as the batches in `held`.
    void pop(std::vector<Message>& into, std::vector<InprocPart>& held, std::size_t limit,
             wire::SequenceTracker& sequence);
    /// So many were handed out, and the reader is done with so many.
    void count_delivered(std::uint64_t delivered, std::uint64_t finished) noexcept;
    /// The one counted last could not be decoded.
    void count_malformed() noexcept;

    // Both.
    void close() noexcept;
    bool is_closed() const noexcept { return is_closed_.load(std::memory_order_acquire); }
    /// The writing end's.
    LinkCounters counters() const noexcept;
    std::size_t bytes() const noexcept;
    /// Messages that the reader has taken out.
    std::uint64_t popped() const noexcept { return writing_.left; }

private:
    /// Messages, or a notice that takes its turn among them.
    struct Entry {
        InprocPart part;
        std::unique_ptr<wire::Gap> gap;
    };
    std::size_t size_of(const InprocBatch::Item& item) const noexcept {
        return limits_.shares_objects ? 0 : item.bytes();
    }
    bool takes_all(const InprocPart& part) const noexcept;
    void count_in(std::size_t messages, std::size_t bytes) noexcept;
    void count_out(std::size_t messages, std::size_t bytes) noexcept;
    bool is_full(std::size_t bytes) const noexcept;
    void count_sent(const InprocPart& part) noexcept;
    void drop_all(base::Ring<Entry>& entries, DropReason reason) noexcept;
    Push place(const InprocPart& part, std::vector<InprocPart>& dropped);
    void append(const InprocPart& part);
    void put_gap(std::uint64_t sequence, DropReason reason);
    void drop_front(DropReason reason, std::vector<InprocPart>& dropped);
    void take(std::size_t limit, bool has_ended, std::vector<InprocPart>& unseen);
    std::size_t bytes_of(const InprocPart& part) const noexcept;
    void hand_over(const InprocPart& part, std::vector<Message>& into,
                   wire::SequenceTracker& sequence) const;
    void tell_queue() noexcept;
    bool try_counters(LinkCounters& counters) const noexcept;
    void count_dropped(DropReason reason, std::size_t messages = 1) noexcept {
        writing_.dropped[static_cast<std::size_t>(reason)] += messages;
    }

    const LaneLimits limits_;
    const std::shared_ptr<os::Doorbell> reader_bell_;
    const std::shared_ptr<memory::LinkCell> cell_;
    memory::telemetry::Writing<base::Count>& writing_;  // written with lock_ held
    memory::telemetry::Settled<base::Count>& settled_;  // the reader's, on a cache line of its own

    mutable os::SpinLock lock_;
    base::Ring<Entry> entries_;          // what follows is guarded by lock_
    std::atomic<std::size_t> messages_;  // without notices; read without the lock, too
    std::atomic<std::size_t> bytes_;
    wire::Gap front_gap_;
    bool is_paused_ = false;
    std::optional<std::uint64_t> start_;
    std::shared_ptr<os::Doorbell>
        writer_bell_;  // set while the writer waits for room or for delivery

    std::vector<Entry> taken_;  // the reader's, of the call under way

    alignas(64) std::atomic<bool> is_demoted_{false};
    std::atomic<bool> is_closed_{false};
    std::atomic<bool> is_awaited_{false};
};

}  // namespace mycelium::transport
