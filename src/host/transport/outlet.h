// Outlet: what the links of one port that write to shared memory have in common: the log, the
// chunks, and who reads them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/ext/ports.h>
#include <mycelium/result.h>

#include "core/wire/header.h"
#include "core/wire/hello.h"
#include "host/memory/claims.h"
#include "host/memory/log_index.h"
#include "host/memory/log_writer.h"
#include "host/memory/shared_pool.h"
#include "host/memory/subscription.h"
#include "host/transport/collecting.h"
#include "host/transport/reference.h"

namespace mycelium::transport {

/// One reader of an outlet's log, as the writer sees it.
class OutletReader {
public:
    OutletReader(memory::SubscriptionWriter subscription, const wire::Hello& wishes);

    memory::SubscriptionWriter& subscription() noexcept { return subscription_; }
    const memory::SubscriptionWriter& subscription() const noexcept { return subscription_; }
    bool is_lossy() const noexcept {
        return is_demoted_ || slow_ == SlowReader::drop_oldest || slow_ == SlowReader::latest;
    }
    bool is_demoted() const noexcept { return is_demoted_; }
    /// How often anything was dropped for it, or its standing has changed.
    std::uint64_t drops() const noexcept { return drops_ * 2 + (is_demoted_ ? 1 : 0); }
    /// Why it cannot go on being served: it lies, or it is too slow for `disconnect`.
    const std::optional<Error>& fault() const noexcept { return fault_; }
    /// Segments of the pool that its process was told of.
    std::vector<std::uint32_t> told;
    std::uint32_t told_changes = 0;

private:
    friend class Outlet;
    DropReason reason() const noexcept;

    memory::SubscriptionWriter subscription_;
    memory::Claims::Holder holder_;
    SlowReader slow_;
    bool is_pubsub_;
    std::uint64_t messages_max_;
    std::uint64_t bytes_max_;
    std::uint64_t message_bytes_max_;
    os::Fd pidfd_;  // of one that has left
    bool is_demoted_ = false;
    bool is_paused_ = false;
    std::uint64_t drops_ = 0;
    std::uint64_t dropped_up_to_ = 0;  // where the last drop left the head
    std::optional<Error> fault_;
};

/// A port's, under its lock. Calls' links have one each.
class Outlet {
public:
    /// Errors: overloaded, unsupported.
    static Result<std::shared_ptr<Outlet>> create(std::size_t log_bytes, memory::LogHeader identity,
                                                  std::shared_ptr<memory::SharedPool> pool);

    /// A reader that begins with message `next_sequence`, the next to be written.
    Result<std::shared_ptr<OutletReader>> subscribe(std::uint64_t next_sequence,
                                                    const wire::Hello& wishes);
    /// It takes no more. What it took its process may still hold: that is its own until it releases
    /// it, or ends.
    void unsubscribe(OutletReader& reader, const os::Fd& pidfd) noexcept;

    bool has_readers() const noexcept { return !readers_.empty(); }
    /// Finds memory for all that writing these messages will need. Errors: overloaded, invalid
    /// (more than the log takes at once), with nothing changed.
    Result<void> prepare(std::span<const Message> messages);
    /// Is there space in the log for what was prepared, without a drop?
    bool has_space() noexcept;
    /// Writes what was prepared, dropping for whoever is in the way.
    void write(std::span<const Message> messages) noexcept;
    // The short way, for small messages, or one in a chunk: admits(), begin(), append() each, or
    // append_prepared(), commit().

    /// Is there room for all of them, for every reader and in the log, so that nothing else has to
    /// be decided? Looks at the readers' heads only when what was known of them does not do.
    bool admits(std::uint64_t first, std::size_t messages, std::size_t bytes,
                std::size_t log_bytes) noexcept {
        if (first != index_.next()) return false;
        return is_known_to_fit(messages, bytes, log_bytes) ||
               (find_room(messages, log_bytes) && is_known_to_fit(messages, bytes, log_bytes));
    }
    void begin(std::size_t messages, std::size_t log_bytes) noexcept {
        log_bytes_ = log_bytes;
        log_.begin(gate_, log_bytes, lag_bytes(messages));
    }
    void append(const Header& header, std::span<const std::byte> extension,
                std::span<const std::byte> payload) noexcept {
        largest_ = std::max<std::uint64_t>(largest_, payload.size());
        index_.push(log_.append(wire::header_words(header), extension, payload), payload.size());
    }
    void commit() noexcept { log_.commit(); }
    /// Long enough before begin() that memory can come from another core, and no longer: a reader
    /// that waits there takes it back.
    void expect_append() const noexcept { log_.expect_append(); }
    /// Claims the chunk in which the payload lies, for each reader. `is_given`: the caller will not
    /// look at it again, whose own use it is then, if it is nobody else's. False: it lies
    /// elsewhere, or something has to be decided first; nothing has changed.
    bool prepare_lent(const Payload& payload, bool is_given) noexcept;
    void append_prepared(Header header) noexcept {
        const Prepared& one = prepared_.front();
        claims_.settle(one.ticket);
        const auto reference = reference_to(one).encode();
        header.flags |= flag_referenced;
        header.payload_size = Reference::bytes;
        largest_ = std::max<std::uint64_t>(largest_, one.size);
        index_.push(log_.append(wire::header_words(header), reference, {}), one.size);
        prepared_.clear();
    }
    /// From now on until it has caught up, it is served as drop_oldest.
    void demote(OutletReader& reader) noexcept {
        reader.is_demoted_ = true;
        forget_room();
    }

    /// While it is paused all that it has not taken is dropped.
    void pause(OutletReader& reader, bool is_paused) noexcept;

    /// Could this much more be written without a drop for this reader?
    bool has_room(OutletReader& reader, std::size_t messages, std::size_t bytes) noexcept;
    /// After write(): applies the reader's policy. `first`: of the messages just written.
    void settle(OutletReader& reader, std::uint64_t first) noexcept;

    std::uint64_t next_sequence() const noexcept { return index_.next(); }
    const memory::LogWriter& log() const noexcept { return log_; }
    memory::SharedPool& pool() noexcept { return *pool_; }
    std::size_t loans_held(const OutletReader& reader) const noexcept {
        return reader.holder_.count();
    }
    /// Takes back the chunks that readers have released, or left behind.
    void collect() noexcept;
    /// Before a chunk of that size is taken: takes back what can be, where that pays.
    void collect_for(std::size_t size) noexcept;
    /// The same before a loan, unless that was done behind a message since the last one.
    void collect_for_loan(std::size_t size) noexcept;
    /// Behind a loan of that size that was published, while its readers are busy with it, for the
    /// next one: not each time, where loans stream.
    void collect_behind(std::size_t size) noexcept;
    void collect(OutletReader& reader) noexcept;

private:
    /// A message's way into the log.
    struct Prepared {
        memory::SharedPool::Chunk* chunk = nullptr;  ///< null: inline
        std::uint64_t offset = 0;                    ///< in the segment
        std::uint64_t size = 0;
        std::uint64_t ticket = 0;
    };
    Outlet(memory::LogWriter log, std::shared_ptr<memory::SharedPool> pool) noexcept;

    Result<Prepared> reference(const Payload& payload);
    static Prepared prepared_in(memory::SharedPool::Chunk& chunk,
                                std::span<const std::byte> payload) noexcept;
    static Reference reference_to(const Prepared& prepared) noexcept {
        return {prepared.chunk->segment->number, prepared.offset, prepared.size, prepared.ticket};
    }
    void drop_prepared() noexcept;
    Result<void> prepare_all(std::span<const Message> messages);
    void claim(Prepared& prepared);
    void write_one(const Message& message, const Prepared& prepared) noexcept;
    bool is_known_to_fit(std::size_t messages, std::size_t bytes,
                         std::size_t log_bytes) const noexcept {
        return index_.next() + messages <= room_sequence_ &&
               index_.bytes() + bytes <= room_bytes_ && log_.has_space(gate_, log_bytes) &&
               log_.position() - gate_looked_at_ < gate_stale_bytes && log_.has_memory(log_bytes) &&
               index_.has_room(messages);
    }
    bool find_room(std::size_t messages, std::size_t log_bytes) noexcept;
    void forget_room() noexcept { room_sequence_ = 0; }
    void fail(OutletReader& reader, Error error);
    std::uint64_t refresh_gate() noexcept;
    std::uint64_t lag_bytes(std::size_t messages) noexcept {
        const std::uint64_t now =
            messages == 1 ? log_bytes_ : log_bytes_ / std::max<std::size_t>(messages, 1) + 1;
        // Follows what grows at once and what shrinks by and by.
        record_bytes_ = std::max(now, record_bytes_ - record_bytes_ / 1024);
        return record_bytes_ * lag_messages_;
    }
    bool fits(const OutletReader& reader, std::size_t messages, std::size_t bytes) const noexcept;
    void make_space(std::size_t bytes) noexcept;
    std::uint64_t position_of(std::uint64_t sequence) const noexcept;
    bool refresh(OutletReader& reader) noexcept;
    void drop_all(OutletReader& reader) noexcept;
    void drop(OutletReader& reader, std::uint64_t up_to, DropReason reason) noexcept;
    memory::Drops drops_of(const OutletReader& reader, std::uint64_t from, std::uint64_t up_to,
                           DropReason reason) const noexcept;
    void release_dropped(OutletReader& reader, std::uint64_t from, std::uint64_t up_to) noexcept;
    bool is_over(const OutletReader& reader) const noexcept;
    void collect_from_leavers() noexcept;

    memory::LogWriter log_;
    memory::LogIndex index_;
    const std::shared_ptr<memory::SharedPool> pool_;
    memory::Claims claims_;
    std::vector<std::shared_ptr<OutletReader>> readers_;
    std::vector<std::shared_ptr<OutletReader>> leavers_;  // that still hold something
    static constexpr std::uint64_t gate_stale_bytes = 64 * KiB;
    std::uint64_t gate_ = 0;  // nothing from here on may be overwritten; may have risen since
    std::uint64_t gate_looked_at_ = 0;  // where the writer was then
    // Up to this number, and these bytes ever, no reader is over a limit of its own; may have risen
    // since. 0: not known.
    std::uint64_t room_sequence_ = 0;
    std::uint64_t room_bytes_ = 0;
    std::vector<Prepared> prepared_;
    std::size_t log_bytes_ = 0;       // of what is prepared
    std::uint64_t record_bytes_ = 0;  // of the larger ones of late
    std::uint64_t largest_ = 0;       // payload ever written
    Collecting collecting_;
    bool is_collected_ = false;       // for the next loan
    std::uint64_t lag_messages_ = 0;  // the most that a reader may fall behind
};

}  // namespace mycelium::transport
