#include "host/transport/outlet.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "core/wire/extension.h"
#include "host/os/peer.h"
#include "host/os/ticks.h"

namespace mycelium::transport {

namespace {

std::uint64_t or_default(std::uint64_t told, std::uint64_t usual, std::uint64_t most) noexcept {
    return std::min(told ? told : usual, most);
}

// Whatever a reader wishes for.
constexpr std::uint64_t queue_messages_ceiling = 1 << 20;
constexpr std::uint64_t queue_bytes_ceiling = 1 * GiB;
constexpr std::size_t worth_collecting = 16 * KiB;

std::size_t extension_bytes(const Message& message) noexcept {
    return wire::is_extended(message) ? wire::extension_size(message.call, message.origin) : 0;
}

}  // namespace

// --- One reader ---

OutletReader::OutletReader(memory::SubscriptionWriter subscription, const wire::Hello& wishes)
    : subscription_(std::move(subscription)),
      slow_(wishes.slow),
      is_pubsub_(wishes.pattern == wire::Pattern::subscriber),
      messages_max_(wishes.slow == SlowReader::latest
                        ? 1
                        : or_default(wishes.queue_messages_max, limits::queue_messages_max,
                                     queue_messages_ceiling)),
      bytes_max_(or_default(wishes.queue_bytes_max, limits::queue_bytes_max, queue_bytes_ceiling)),
      message_bytes_max_(wishes.message_bytes_max ? wishes.message_bytes_max
                                                  : limits::message_bytes_max) {}

DropReason OutletReader::reason() const noexcept {
    if (is_demoted_) return DropReason::block_deadline;
    return slow_ == SlowReader::latest ? DropReason::conflated : DropReason::queue_full;
}

// --- The outlet ---

Result<std::shared_ptr<Outlet>> Outlet::create(std::size_t log_bytes, memory::LogHeader identity,
                                               std::shared_ptr<memory::SharedPool> pool) {
    MYCELIUM_TRY_ASSIGN(auto log, memory::LogWriter::create(log_bytes, identity));
    return std::shared_ptr<Outlet>{new Outlet{std::move(log), std::move(pool)}};
}

Outlet::Outlet(memory::LogWriter log, std::shared_ptr<memory::SharedPool> pool) noexcept
    : log_(std::move(log)), pool_(std::move(pool)), claims_(pool_) {}

Result<std::shared_ptr<OutletReader>> Outlet::subscribe(std::uint64_t next_sequence,
                                                        const wire::Hello& wishes) {
    if (readers_.empty()) index_.restart(next_sequence);
    if (!leavers_.empty()) collect_from_leavers();
    memory::SubscriptionHeader header;
    header.begin_position = log_.position();
    header.begin_sequence = next_sequence;
    header.epoch = log_.header().epoch;
    header.port = log_.header().port;
    header.reader_port = wishes.port;
    header.reader_pid = static_cast<std::uint64_t>(wishes.pid);
    MYCELIUM_TRY_ASSIGN(auto subscription, memory::SubscriptionWriter::create(header));
    readers_.push_back(std::make_shared<OutletReader>(std::move(subscription), wishes));
    forget_room();
    if (wishes.slow != SlowReader::latest)
        lag_messages_ = std::max(lag_messages_, readers_.back()->messages_max_);
    return readers_.back();
}

void Outlet::unsubscribe(OutletReader& reader, const os::Fd& pidfd) noexcept {
    const auto found = std::find_if(readers_.begin(), readers_.end(),
                                    [&](const auto& one) { return one.get() == &reader; });
    if (found == readers_.end()) return;
    const auto leaver = *found;
    readers_.erase(found);
    if (readers_.empty()) forget_room();
    // What it has not taken it never will: it can no longer.
    auto& subscription = reader.subscription_;
    for (bool is_done = false; !is_done && subscription.head(index_.next());) {
        const std::uint64_t from = subscription.last_head();
        is_done = from == index_.next() ||
                  subscription.drop_to(index_.next(), log_.position(), DropReason::peer_gone);
        if (is_done) release_dropped(reader, from, index_.next());
    }
    for (const Prepared& one : prepared_)  // and what is about to be written
        if (one.chunk) claims_.forget(one.ticket, leaver->holder_);
    if (leaver->holder_.count() == 0) return;
    leaver->subscription_.memory().drop_descriptor();
    leaver->pidfd_ = pidfd.duplicate();
    leavers_.push_back(leaver);
    collect_from_leavers();
}

void Outlet::collect_from_leavers() noexcept {
    std::erase_if(leavers_, [this](const auto& leaver) {
        collect(*leaver);
        // Without a pidfd nobody can tell that it has ended: what it took stays its own.
        if (os::has_ended(leaver->pidfd_.get())) claims_.release_all(leaver->holder_);
        return leaver->holder_.count() == 0;
    });
}

std::uint64_t Outlet::position_of(std::uint64_t sequence) const noexcept {
    return sequence >= index_.next() ? log_.position() : index_.position_of(sequence);
}

bool Outlet::refresh(OutletReader& reader) noexcept {
    if (reader.fault_) return false;
    if (reader.subscription_.head(index_.next())) return true;
    fail(reader, {Errc::malformed, "the reader moved its head to where it cannot be"});
    return false;
}

void Outlet::fail(OutletReader& reader, Error error) {
    reader.fault_ = std::move(error);
    forget_room();
}

std::uint64_t Outlet::refresh_gate() noexcept {
    std::uint64_t lowest = index_.next();
    for (const auto& reader : readers_) {
        refresh(*reader);
        (void)reader->subscription_.settled();  // often enough for its short words
        if (!reader->fault_) lowest = std::min(lowest, reader->subscription_.last_head());
    }
    index_.forget_before(lowest);
    gate_looked_at_ = log_.position();
    return gate_ = position_of(lowest);
}

// --- Writing ---

Result<Outlet::Prepared> Outlet::reference(const Payload& payload) {
    const auto bytes = payload.bytes;
    if (bytes.size() <= limits::inline_bytes_max) return Prepared{nullptr, 0, bytes.size(), 0};
    if (payload.owner) {
        if (memory::SharedPool::Chunk* const chunk = pool_->find(bytes)) {
            pool_->add_user(*chunk);
            return prepared_in(*chunk, bytes);
        }
    }
    collect_for(bytes.size());
    MYCELIUM_TRY_ASSIGN(memory::SharedPool::Chunk* const chunk, pool_->take(bytes.size()));
    memory::copy_in(chunk->data(), bytes.data(), bytes.size());
    return Prepared{chunk, chunk->offset, bytes.size(), 0};
}

Outlet::Prepared Outlet::prepared_in(memory::SharedPool::Chunk& chunk,
                                     std::span<const std::byte> payload) noexcept {
    const auto offset = static_cast<std::uint64_t>(payload.data() - chunk.segment->memory.data());
    return {&chunk, offset, payload.size(), 0};
}

bool Outlet::prepare_lent(const Payload& payload, bool is_given) noexcept {
    if (!leavers_.empty() || !prepared_.empty()) return false;
    for (const auto& reader : readers_)
        if (reader->holder_.count() >= limits::loans_held_max) return false;
    // The use of a loan that is given becomes the claim's; of any other there is one use more.
    auto* const owner = is_given ? pool_->sole_owner(payload.owner, payload.bytes) : nullptr;
    memory::SharedPool::Chunk* const chunk = owner ? &owner->chunk() : pool_->find(payload.bytes);
    if (!chunk) return false;
    try {
        prepared_.push_back(prepared_in(*chunk, payload.bytes));
        pool_->add_user(*chunk);
        claim(prepared_.back());
    } catch (const std::bad_alloc&) {
        drop_prepared();
        return false;
    }
    if (owner) pool_->take_over(*owner);
    return true;
}

void Outlet::drop_prepared() noexcept {
    for (const Prepared& one : prepared_) {
        if (!one.chunk) continue;
        if (one.ticket == 0) {
            pool_->drop_user(*one.chunk);  // memory ran out before it was claimed
            continue;
        }
        bool is_held = false;
        for (const auto& reader : readers_) is_held |= claims_.release(one.ticket, reader->holder_);
        if (!is_held) claims_.settle(one.ticket);
    }
    prepared_.clear();
}

void Outlet::claim(Prepared& prepared) {
    prepared.ticket = claims_.open(*prepared.chunk);
    for (const auto& reader : readers_)
        if (!reader->fault_) claims_.hold(prepared.ticket, reader->holder_);
}

Result<void> Outlet::prepare(std::span<const Message> messages) {
    drop_prepared();
    Result<void> done;
    try {
        done = prepare_all(messages);
    } catch (const std::bad_alloc&) {
        done = Error{Errc::overloaded, "no memory"};
    }
    if (!done) drop_prepared();
    return done;
}

Result<void> Outlet::prepare_all(std::span<const Message> messages) {
    if (!leavers_.empty()) collect_from_leavers();
    prepared_.reserve(messages.size());
    index_.reserve(messages.size());
    log_bytes_ = 0;
    for (const Message& message : messages) {
        MYCELIUM_TRY_ASSIGN(const Prepared one, reference(message.payload));
        prepared_.push_back(one);
        if (one.chunk) claim(prepared_.back());
        log_bytes_ +=
            memory::record_bytes(extension_bytes(message) +
                                 (one.chunk ? Reference::bytes : message.payload.bytes.size()));
    }
    if (log_bytes_ > log_.batch_bytes_max())
        return Error{Errc::invalid, "a batch of " + std::to_string(messages.size()) +
                                        " messages takes " + std::to_string(log_bytes_) +
                                        " bytes of the log, which takes " +
                                        std::to_string(log_.batch_bytes_max()) + " at once"};
    return log_.reserve(log_bytes_);
}

bool Outlet::has_space() noexcept {
    if (log_.has_space(gate_, log_bytes_)) return true;
    refresh_gate();
    return log_.has_space(gate_, log_bytes_);
}

void Outlet::write(std::span<const Message> messages) noexcept {
    const std::uint64_t first = messages.front().header.sequence;
    if (first != 0 && first != index_.next()) {  // some were published while nobody read here
        index_.restart(first);
        gate_ = log_.position();
        forget_room();
    }
    make_space(log_bytes_);
    log_.begin(gate_, log_bytes_, lag_bytes(prepared_.size()));
    for (std::size_t i = 0; i < messages.size(); ++i) write_one(messages[i], prepared_[i]);
    log_.commit();
    prepared_.clear();
}

void Outlet::write_one(const Message& message, const Prepared& prepared) noexcept {
    std::array<std::byte, limits::extension_bytes_max + Reference::bytes> space;
    std::size_t size = 0;
    std::span<const std::byte> second = message.payload.bytes;
    Header header = message.header;
    header.sequence = index_.next();
    if (wire::is_extended(message)) {
        size = wire::encode_extension(message.call, message.origin, space);
        header.flags |= flag_extended;
    }
    if (prepared.chunk) {
        header.flags |= flag_referenced;
        claims_.settle(prepared.ticket);
        const auto reference = reference_to(prepared).encode();
        std::copy(reference.begin(), reference.end(),
                  space.begin() + static_cast<std::ptrdiff_t>(size));
        size += Reference::bytes;
        second = {};
    }
    const auto first = std::span<const std::byte>{space}.first(size);
    header.flags |= flag_unchecked;
    header.checksum = 0;
    header.payload_size = static_cast<std::uint32_t>(first.size() + second.size());
    const std::uint64_t position = log_.append(wire::header_words(header), first, second);
    largest_ = std::max<std::uint64_t>(largest_, message.payload.bytes.size());
    index_.push(position, message.payload.bytes.size());
}

void Outlet::make_space(std::size_t bytes) noexcept {
    if (log_.has_space(gate_, bytes) && log_.position() - gate_looked_at_ < gate_stale_bytes)
        return;
    refresh_gate();
    if (log_.has_space(gate_, bytes)) return;
    // Whoever is in the way has a policy that drops, or has held the publisher for as long as it
    // may.
    const std::uint64_t wanted = log_.gate_for(bytes);
    for (const auto& reader : readers_) {
        if (reader->fault_) continue;
        while (!reader->fault_ && position_of(reader->subscription_.last_head()) < wanted) {
            std::uint64_t up_to = reader->subscription_.last_head();
            while (up_to < index_.next() && position_of(up_to) < wanted) ++up_to;
            if (reader->slow_ == SlowReader::disconnect)
                fail(*reader, {Errc::overloaded, "the reader does not keep up: the log is full"});
            else
                drop(*reader, up_to,
                     reader->slow_ == SlowReader::block ? DropReason::block_deadline
                                                        : reader->reason());
        }
    }
    refresh_gate();
}

// --- Readers that do not keep up ---

bool Outlet::is_over(const OutletReader& reader) const noexcept {
    const std::uint64_t head = std::max(reader.subscription_.last_head(), index_.first());
    const std::uint64_t messages = index_.next() - head;
    return messages > reader.messages_max_ ||
           (messages > 1 && index_.bytes_from(head) > reader.bytes_max_) ||
           reader.holder_.count() > limits::loans_held_max;
}

bool Outlet::fits(const OutletReader& reader, std::size_t messages,
                  std::size_t bytes) const noexcept {
    const std::uint64_t head = std::max(reader.subscription_.last_head(), index_.first());
    const std::uint64_t lag = index_.next() - head;
    return lag + messages <= reader.messages_max_ &&
           index_.bytes_from(head) + bytes <= reader.bytes_max_;
}

bool Outlet::has_room(OutletReader& reader, std::size_t messages, std::size_t bytes) noexcept {
    if (reader.fault_ || reader.slow_ != SlowReader::block || reader.is_demoted_ ||
        reader.is_paused_)
        return true;
    const auto is_fine = [&] {
        const bool is_large = bytes > limits::inline_bytes_max;
        if (is_large && reader.holder_.count() + messages > limits::loans_held_max) return false;
        const std::uint64_t head = std::max(reader.subscription_.last_head(), index_.first());
        if (head == index_.next()) return true;
        // What a record takes in the log is bounded by this; large payloads take less.
        const std::size_t in_log = std::min(bytes, messages * limits::inline_bytes_max) +
                                   messages * (header_bytes + memory::record_step);
        return fits(reader, messages, bytes) &&
               log_.has_space(position_of(head), std::min(in_log, log_.batch_bytes_max()));
    };
    if (is_fine()) return true;
    collect(reader);
    return !refresh(reader) || is_fine();
}

/// Looks at everything anew. False: somebody needs more than a short look.
bool Outlet::find_room(std::size_t messages, std::size_t log_bytes) noexcept {
    forget_room();
    if (readers_.empty() || log_bytes > log_.batch_bytes_max()) return false;
    refresh_gate();
    std::uint64_t sequence = UINT64_MAX, bytes = UINT64_MAX;
    for (const auto& reader : readers_) {
        if (reader->fault_ || reader->is_demoted_ || reader->is_paused_) return false;
        const std::uint64_t head = std::max(reader->subscription_.last_head(), index_.first());
        const std::uint64_t before = index_.bytes() - index_.bytes_from(head);
        sequence = std::min(sequence, head + reader->messages_max_);
        bytes = std::min(bytes, before + reader->bytes_max_);
    }
    try {
        index_.reserve(messages);
    } catch (const std::bad_alloc&) {
        return false;
    }
    if (!log_.reserve(log_bytes)) return false;
    room_sequence_ = sequence;
    room_bytes_ = bytes;
    return true;
}

void Outlet::settle(OutletReader& reader, std::uint64_t first) noexcept {
    if (reader.fault_ || !reader.is_pubsub_) return;
    if (reader.is_paused_) return drop_all(reader);
    const bool must_look = reader.is_demoted_ || reader.slow_ == SlowReader::latest;
    if (!must_look && !is_over(reader)) return;
    collect(reader);
    if (!refresh(reader)) return;
    if (reader.is_demoted_ && reader.subscription_.last_head() >= first) reader.is_demoted_ = false;
    if (reader.slow_ == SlowReader::block && !reader.is_demoted_) return;  // the port has waited
    if (reader.slow_ == SlowReader::disconnect) {
        if (is_over(reader))
            fail(reader,
                 {Errc::overloaded, "the reader does not keep up: its queue of " +
                                        std::to_string(reader.messages_max_) + " messages, " +
                                        std::to_string(reader.bytes_max_) + " bytes is full"});
        return;
    }
    while (!reader.fault_ && is_over(reader)) {
        const std::uint64_t head = reader.subscription_.last_head();
        // One that reads gets more room at once: it is copying just now, and each drop makes that
        // void.
        const bool is_reading = head != reader.dropped_up_to_;
        const std::uint64_t hop = is_reading ? reader.messages_max_ / 8 : 0;
        const std::uint64_t kept = std::max<std::uint64_t>(reader.messages_max_ - hop, 1);
        std::uint64_t up_to = std::max(head, index_.next() - std::min(kept, index_.next() - head));
        while (up_to + 1 < index_.next() && index_.bytes_from(up_to) > reader.bytes_max_) ++up_to;
        if (reader.holder_.count() > limits::loans_held_max) up_to = index_.next();
        if (up_to == head) return;
        drop(reader, up_to, reader.reason());
    }
}

void Outlet::pause(OutletReader& reader, bool is_paused) noexcept {
    reader.is_paused_ = is_paused;
    forget_room();
    if (is_paused) drop_all(reader);
}

/// The reader may take some meanwhile; never more than there are.
void Outlet::drop_all(OutletReader& reader) noexcept {
    while (refresh(reader) && reader.subscription_.last_head() != index_.next())
        drop(reader, index_.next(), DropReason::paused);
}

/// What it would not have got anyhow was dropped for that reason.
memory::Drops Outlet::drops_of(const OutletReader& reader, std::uint64_t from, std::uint64_t up_to,
                               DropReason reason) const noexcept {
    memory::Drops drops{};
    std::uint64_t too_large = 0;
    if (largest_ > reader.message_bytes_max_)
        for (std::uint64_t at = std::max(from, index_.first()); at < up_to; ++at)
            if (index_.bytes_of(at) > reader.message_bytes_max_) ++too_large;
    drops[static_cast<std::size_t>(reason)] = up_to - from - too_large;
    drops[static_cast<std::size_t>(DropReason::too_large)] += too_large;
    return drops;
}

void Outlet::drop(OutletReader& reader, std::uint64_t up_to, DropReason reason) noexcept {
    const std::uint64_t from = reader.subscription_.last_head();
    if (reader.subscription_.drop_to(up_to, position_of(up_to),
                                     drops_of(reader, from, up_to, reason))) {
        reader.dropped_up_to_ = up_to;
        ++reader.drops_;
        release_dropped(reader, from, up_to);
    } else {
        refresh(reader);
    }
}

void Outlet::release_dropped(OutletReader& reader, std::uint64_t from,
                             std::uint64_t up_to) noexcept {
    if (reader.holder_.count() == 0) return;
    for (std::uint64_t at = std::max(from, index_.first()); at < up_to; ++at) {
        const auto head = log_.head_at(index_.position_of(at));
        if ((std::to_integer<std::uint8_t>(head[7]) & flag_referenced) == 0) continue;
        const auto reference = Reference::decode(std::span<const std::byte, Reference::bytes>{
            head.data() + header_bytes, Reference::bytes});
        claims_.release(reference.ticket, reader.holder_);
    }
}

// --- Chunks come back ---

void Outlet::collect(OutletReader& reader) noexcept {
    while (!reader.fault_) {
        const auto released = reader.subscription_.next_released();
        if (!released) {
            fail(reader, released.error());
        } else if (!*released) {
            return;
        } else if (!claims_.release(**released, reader.holder_)) {
            fail(reader, {Errc::malformed, "the reader released what it does not hold"});
        }
    }
}

void Outlet::collect() noexcept {
    for (const auto& reader : readers_) collect(*reader);
    if (!leavers_.empty()) collect_from_leavers();
}

void Outlet::collect_for(std::size_t size) noexcept {
    // A large chunk that is used again is in the cache, and costs no new pages.
    if (size >= worth_collecting || !pool_->has_free(size)) collect();
}

void Outlet::collect_for_loan(std::size_t size) noexcept {
    if (!std::exchange(is_collected_, false) || !pool_->has_free(size)) collect_for(size);
}

void Outlet::collect_behind(std::size_t size) noexcept {
    if (size < worth_collecting) return;
    is_collected_ = true;
    if (!collecting_.is_due()) return;
    collect();
    // One is out: the one just published.
    collecting_.looked(claims_.size() <= 1 ? 0 : os::ticks());
    pool_->expect_next(size);
}

}  // namespace mycelium::transport
