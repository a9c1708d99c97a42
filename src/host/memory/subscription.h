// The subscription segment: what one publisher and one of its subscribers share to write. Layout
// and both ends' calls. Protocol: docs/decisions/0009-one-log-and-the-head.md; format:
// docs/formats/shared-memory.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

#include "host/memory/log_layout.h"
#include "host/memory/shared_word.h"
#include "host/os/shared_memory.h"
#include "host/os/sleep_word.h"
#include "host/os/spin_lock.h"

namespace mycelium::memory {

inline constexpr std::uint64_t subscription_magic = 0x3130'4255'5359'434dULL;  // "MCYSUB01"
/// Chunks that one subscriber can hold or be on its way to: the release ring has room for each.
inline constexpr std::size_t release_ring_entries = 4096;

using Drops = std::array<std::uint64_t, drop_reason_count>;

/// Where a reader whose head was moved goes on.
struct SubscriptionSlot {
    SharedWord sequence;
    SharedWord position;
    std::array<SharedWord, drop_reason_count> dropped;  ///< so far, by the publisher
    std::array<std::byte, 24> reserved;
};

/// Written by the publisher before the segment is passed on.
struct SubscriptionHeader {
    std::uint64_t magic = subscription_magic;
    std::uint32_t version = layout_version;
    std::uint32_t ring_entries = release_ring_entries;
    std::uint64_t begin_position = 0;  ///< in the log
    std::uint64_t begin_sequence = 0;
    std::uint64_t is_publisher_reachable = 0;  ///< by membarrier
    std::uint64_t epoch = 0;                   ///< of the log that it belongs to
    std::uint32_t port = 0;                    ///< the publisher's
    std::uint32_t reader_port = 0;
    std::uint64_t reader_pid = 0;  ///< as it says
};
static_assert(sizeof(SubscriptionHeader) == 64);

struct SubscriptionLayout {
    SubscriptionHeader header;
    alignas(64) SharedWord head;                        // both
    alignas(64) std::array<SubscriptionSlot, 2> slots;  // the publisher's
    alignas(64) os::SleepWord reader_sleeps;            // both
    alignas(64) os::SleepWord writer_sleeps;            // both
    alignas(64) SharedWord is_reader_reachable;         // the subscriber's, by membarrier; once
    alignas(64) SharedWord settled;                     // the subscriber's, each message: Settled
    alignas(64) std::array<SharedWord, drop_reason_count> dropped;  // the subscriber's: Settled
    alignas(64) SharedWord released;  // the subscriber's: tickets ever written
    alignas(64) std::array<SharedWord, release_ring_entries> ring;
};
static_assert(sizeof(SubscriptionSlot) == 128);

/// How far a subscriber has come with what it took: kept in single words, so that it is exact also
/// of one that was killed between two instructions. `settled` holds `finished` above and
/// `delivered` below; dropped[reason] holds above from which `finished` on its count, below,
/// includes the last one. All modulo 2^32.
struct Settled {
    std::uint64_t finished = 0;   ///< done with, by their numbers
    std::uint64_t delivered = 0;  ///< handed out, one by one
    Drops dropped{};              ///< by the subscriber
};

/// The publisher's end. One thread at a time. What it reads is the subscriber's word for it.
class SubscriptionWriter {
public:
    /// `name`: of the memory. Errors: overloaded, unsupported.
    static Result<SubscriptionWriter> create(SubscriptionHeader header,
                                             const std::string& name = "subscription");

    /// The next message that the subscriber has not taken. None: it lies (it moved back, or
    /// beyond `next`, which is the next message to be written).
    std::optional<std::uint64_t> head(std::uint64_t next) noexcept;
    /// What head() answered last; the subscriber may have gone on since.
    std::uint64_t last_head() const noexcept { return head_; }
    /// Moves the head from last_head() to `sequence`, whose record is (or will be) at `position`:
    /// what lies between is dropped. False: the subscriber was faster; ask head() again.
    bool drop_to(std::uint64_t sequence, std::uint64_t position, DropReason reason) noexcept {
        Drops all{};
        all[static_cast<std::size_t>(reason)] = sequence - head_;
        return drop_to(sequence, position, all);
    }
    /// The same for several reasons; `drops` makes up what lies between.
    bool drop_to(std::uint64_t sequence, std::uint64_t position, const Drops& drops) noexcept;
    const Drops& dropped() const noexcept { return dropped_; }

    /// What the subscriber has done with what it took. Asked at least once in 2^32 messages.
    const Settled& settled() noexcept;

    /// The next ticket that the subscriber has released. Errors: malformed, it says that it
    /// released more than the ring holds.
    Result<std::optional<std::uint64_t>> next_released() noexcept;

    os::SleepWord& reader_sleeps() noexcept { return layout_->reader_sleeps; }
    os::SleepWord& writer_sleeps() noexcept { return layout_->writer_sleeps; }
    bool is_reader_reachable() const noexcept;
    os::SharedMemory& memory() noexcept { return memory_; }

private:
    explicit SubscriptionWriter(os::SharedMemory memory) noexcept;

    os::SharedMemory memory_;
    SubscriptionLayout* layout_;
    std::uint64_t head_ = 0;
    std::size_t slot_ = 0;  // that describes the head if the publisher moved it last
    Drops dropped_{};
    Settled settled_;
    std::uint64_t released_ = 0;
};

/// The subscriber's end. One thread at a time, but release().
class SubscriptionReader {
public:
    SubscriptionReader(os::SharedMemory memory, const SubscriptionHeader& header) noexcept;
    /// Errors: malformed, overloaded.
    static Result<std::shared_ptr<SubscriptionReader>> open(os::Fd descriptor);

    std::uint64_t begin_position() const noexcept { return begin_position_; }
    std::uint64_t begin_sequence() const noexcept { return begin_sequence_; }
    std::uint64_t head() const noexcept { return layout_->head.load(std::memory_order_acquire); }
    /// Moves the head from `from` to `to`. False: the publisher has moved it.
    bool take(std::uint64_t from, std::uint64_t to) noexcept;

    struct Place {
        std::uint64_t sequence = 0;
        std::uint64_t position = 0;
        Drops dropped{};
    };
    /// What the publisher says of `head`, to which it has moved it; none: the head is elsewhere by
    /// now, as head() then shows, or the publisher lies.
    std::optional<Place> place(std::uint64_t head) const noexcept;

    /// So many were handed out, after which the reader is done with `finished` more.
    void deliver(std::uint64_t finished, std::uint64_t delivered = 1) noexcept {
        finished_ += static_cast<std::uint32_t>(finished);
        delivered_ += static_cast<std::uint32_t>(delivered);
        tell();
    }
    /// The one delivered last could not be decoded: it is dropped instead.
    void reject() noexcept;
    /// One was not handed out, for this reason.
    void drop(DropReason reason) noexcept;
    /// Reports that a chunk is not used any more. Any thread. False: not in a forked child, whose
    /// parent still holds it.
    bool release(std::uint64_t ticket) noexcept;

    os::SleepWord& reader_sleeps() noexcept { return layout_->reader_sleeps; }
    os::SleepWord& writer_sleeps() noexcept { return layout_->writer_sleeps; }
    bool is_publisher_reachable() const noexcept { return is_publisher_reachable_; }

private:
    os::SharedMemory memory_;
    SubscriptionLayout* layout_;
    std::uint64_t begin_position_ = 0;
    std::uint64_t begin_sequence_ = 0;
    bool is_publisher_reachable_ = false;
    void tell() noexcept { put(layout_->settled, std::uint64_t{finished_} << 32 | delivered_); }

    std::uint32_t finished_ = 0;
    std::uint32_t delivered_ = 0;
    std::array<std::uint32_t, drop_reason_count> dropped_{};
    os::SpinLock release_lock_;
    std::uint64_t released_ = 0;  // guarded by release_lock_
};

}  // namespace mycelium::memory
