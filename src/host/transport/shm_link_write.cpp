// ShmLink: the writing end.
#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "core/wire/error_info.h"
#include "core/wire/extension.h"
#include "core/wire/frame.h"
#include "core/wire/notices.h"
#include "host/os/barrier.h"
#include "host/os/clock.h"
#include "host/os/user.h"
#include "host/transport/shm_link.h"

namespace mycelium::transport {

namespace {

constexpr const char* no_memory = "no memory";
// Of calls that wait for space in the log, whatever the peer wishes for.
constexpr std::uint64_t queue_bytes_ceiling = 1 * GiB;
constexpr std::uint64_t spare_bytes = 1 * MiB;

std::size_t extension_bytes(const Message& message) noexcept {
    return wire::is_extended(message) ? wire::extension_size(message.call, message.origin) : 0;
}

memory::LogHeader identity_of(const wire::Hello& ours, std::uint64_t epoch) noexcept {
    memory::LogHeader header;
    header.epoch = epoch;
    header.node_id = ours.node_id;
    header.port = ours.port;
    header.pid = static_cast<std::uint32_t>(ours.pid);
    return header;
}

/// The message with everything that it refers to its own.
Message owned(const Message& message) {
    struct Kept {
        std::shared_ptr<const void> owner;
        std::string method;
    };
    Message copy = message;
    Payload& payload = copy.payload;
    payload.object = nullptr;
    payload.schema = nullptr;
    if (!payload.owner) {
        const Bytes bytes = Bytes::copy_of(payload.bytes);
        payload.bytes = bytes.span();
        payload.owner = bytes.owner();
    }
    if (!copy.call.method.empty()) {
        const auto kept =
            std::make_shared<Kept>(Kept{std::move(payload.owner), std::string{copy.call.method}});
        copy.call.method = kept->method;
        payload.owner = kept;
    }
    return copy;
}

}  // namespace

void ShmLink::start(std::uint64_t epoch, std::uint64_t next_sequence) {
    epoch_ = epoch;
    start_sequence_ = next_sequence;
}

/// A publisher's log begins where its own numbers are; what was offered before is the past.
void ShmLink::begin_writing(std::uint64_t next_sequence) {
    try {
        if (auto attached = attach(next_sequence); !attached) broken(std::move(attached).error());
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
    past_.clear();
}

Result<void> ShmLink::attach(std::uint64_t next_sequence) {
    std::shared_ptr<Outlet> own;
    std::shared_ptr<Outlet>& outlet = is_pubsub() ? host_->outlet() : own;
    if (!outlet) {
        const std::size_t bytes = is_pubsub() ? limits::log_bytes : limits::call_log_bytes;
        auto pool = is_pubsub() ? host_->shared_pool()
                                : std::make_shared<memory::SharedPool>(limits::loan_bytes_max);
        MYCELIUM_TRY_ASSIGN(outlet,
                            Outlet::create(bytes, identity_of(ours_, epoch_), std::move(pool)));
    }
    MYCELIUM_TRY_ASSIGN(reader_, outlet->subscribe(next_sequence, peer_));
    begin_sequence_ = end_sequence_ = next_sequence;
    drops_told_ = UINT64_MAX;  // tell the rest with the first message
    outlet_ = outlet;
    memory::SubscriptionWriter& subscription = reader_->subscription();
    std::vector<int> descriptors{subscription.memory().fd(), outlet_->log().memory().fd()};
    std::optional<os::SharedMemory> past;
    if (!past_.empty()) {
        MYCELIUM_TRY_ASSIGN(past, past_segment());
        descriptors.push_back(past->fd());
    }
    const auto notice =
        wire::encode_attach({.epoch = epoch_,
                             .next_sequence = past ? past_.front().header.sequence : next_sequence,
                             .has_past = past ? 1u : 0u});
    if (!send_notice(notice, descriptors))
        return Error{Errc::unavailable, "the peer has gone, or takes nothing"};
    return tell_segments();  // the descriptor stays open for those who look on
}

Result<os::SharedMemory> ShmLink::past_segment() const {
    std::size_t bytes = memory::record_step;
    for (const Message& message : past_)
        bytes += memory::record_bytes(extension_bytes(message) + message.payload.bytes.size());
    MYCELIUM_TRY_ASSIGN(auto log, memory::LogWriter::create(bytes, identity_of(ours_, epoch_)));
    MYCELIUM_TRY(log.reserve(bytes));
    for (const Message& message : past_) {
        Header header = message.header;
        header.flags |= flag_unchecked;
        header.checksum = 0;
        std::array<std::byte, limits::extension_bytes_max> extension;
        const std::size_t size = extension_bytes(message);
        if (size != 0) {
            wire::encode_extension(message.call, message.origin, extension);
            header.flags |= flag_extended;
        }
        header.payload_size = static_cast<std::uint32_t>(size + message.payload.bytes.size());
        log.append(wire::header_words(header), std::span{extension}.first(size),
                   message.payload.bytes);
    }
    log.commit();
    return std::move(log).release_memory();
}

Result<void> ShmLink::tell_segments() {
    if (reader_->told_changes == outlet_->pool().changes()) return {};
    const auto segments = outlet_->pool().segments();
    auto& told = reader_->told;
    const auto is_there = [&](std::uint32_t number) {
        return std::any_of(segments.begin(), segments.end(),
                           [&](const auto& one) { return one->number == number; });
    };
    for (std::size_t i = 0; i < told.size();) {
        if (is_there(told[i])) {
            ++i;
            continue;
        }
        if (!send_notice(wire::encode_unmap({.number = told[i]}), {}))
            return Error{Errc::overloaded, "the reader's socket is full"};
        told.erase(told.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (const auto& segment : segments) {
        if (std::find(told.begin(), told.end(), segment->number) != told.end()) continue;
        told.push_back(segment->number);
        const std::array<int, 1> descriptor{segment->memory.fd()};
        if (!send_notice(
                wire::encode_segment({.number = segment->number, .bytes = segment->memory.size()}),
                descriptor))
            return Error{Errc::overloaded, "the reader's socket is full"};
    }
    reader_->told_changes = outlet_->pool().changes();
    return {};
}

bool ShmLink::send_notice(std::span<const std::byte> payload, std::span<const int> descriptors) {
    return stream_->send_whole(wire::control_frame(payload, os::unix_time_ns(), false),
                               descriptors);
}

bool ShmLink::offer(std::span<const Message> messages, std::uint64_t) {
    if (closed_) return false;
    try {
        if (!is_pubsub()) {
            for (const Message& message : messages) {
                ++writing_.sent;
                writing_.bytes += message.payload.bytes.size();
                write_call(message);
            }
            return !closed_;
        }
        if (!reader_) {
            past_.insert(past_.end(), messages.begin(), messages.end());
            past_messages_ += messages.size();
            writing_.sent += messages.size();
            return true;
        }
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
        return false;
    }
    std::size_t bytes = 0;
    for (const Message& message : messages) bytes += message.payload.bytes.size();
    return offer_written(messages.size(), bytes, messages.back().header, false);
}

bool ShmLink::offer_written(std::size_t messages, std::size_t bytes, const Header& last,
                            bool has_room) {
    if (closed_) return false;
    {
        const base::Change change{writing_.version};
        writing_.sent += messages;
        writing_.bytes += bytes;
        writing_.last_sequence = last.sequence;
        writing_.last_timestamp = last.timestamp;
    }
    end_sequence_ = last.sequence + 1;
    if (has_room && drops_told_ != UINT64_MAX) {
        ring_reader();
        return true;
    }
    outlet_->settle(*reader_, end_sequence_ - messages);
    if (reader_->drops() != drops_told_) tell_drops();
    if (reader_->fault()) broken(*reader_->fault());
    ring_reader();
    return !closed_;
}

void ShmLink::before_write() {
    if (closed_ || !reader_) return;
    try {
        if (auto told = tell_segments(); !told) broken(std::move(told).error());
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
}

void ShmLink::write_call(const Message& message) {
    if (!waiting_.empty() || !write_now(message)) {
        waiting_.push_back(owned(message));
        waiting_bytes_ += message.payload.bytes.size() + 1;
        const std::uint64_t most =
            peer_.queue_bytes_max ? peer_.queue_bytes_max : limits::queue_bytes_max;
        if (waiting_bytes_ > std::min<std::uint64_t>(most, queue_bytes_ceiling) + spare_bytes)
            return broken({Errc::overloaded, "the peer takes nothing of what it asked for"});
        send_now();
    }
}

/// False: the log has no space now.
bool ShmLink::write_now(const Message& message) {
    if (closed_) return true;
    const std::span<const Message> one{&message, 1};
    if (auto prepared = outlet_->prepare(one); !prepared) {
        broken(std::move(prepared).error());
        return true;
    }
    before_write();
    if (closed_) return true;
    if (!outlet_->has_space()) return false;
    outlet_->write(one);
    ring_reader();
    return true;
}

void ShmLink::send_now() {
    if (closed_) return;
    if (is_pubsub()) {
        if (ours_.pattern == wire::Pattern::publisher && !reader_)
            begin_writing(past_.empty() ? start_sequence_ : past_.back().header.sequence + 1);
        return;
    }
    if (!reader_) return;
    // Whoever waits for the reader is told by a byte on the socket, which the driver reads.
    const auto arm = [this] {
        reader_->subscription().writer_sleeps().exchange(os::asleep_in_poll,
                                                         std::memory_order_acq_rel);
        memory::shared_store_done();
        os::barrier_everywhere();
        host_->want_second_look();
    };
    if (written() < writing_.sent) arm();
    while (!waiting_.empty() && !closed_) {
        if (!write_now(waiting_.front())) return;
        if (waiting_.empty()) return;  // closed meanwhile
        waiting_bytes_ -= waiting_.front().payload.bytes.size() + 1;
        waiting_.pop_front();
    }
}

bool ShmLink::offer_error(std::uint64_t call, const Error& error) {
    if (closed_) return false;
    try {
        wire::FastMessage response;
        response.type = wire::FastMessage::Type::response;
        response.id = call;
        response.error = wire::error_info_of(error);
        const auto encoded = wire::encode_fast_message(response);
        Message message;
        message.call.kind = CallKind::error;
        message.call.id = call;
        message.header.timestamp = os::unix_time_ns();
        message.payload.bytes = encoded;
        message.payload.has_bytes = true;
        ++writing_.sent;
        write_call(message);
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
    return !closed_;
}

bool ShmLink::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    if (closed_ || !reader_) return true;
    if (is_pubsub()) return outlet_->has_room(*reader_, messages, bytes);
    const std::uint64_t most =
        peer_.queue_messages_max ? peer_.queue_messages_max : limits::queue_messages_max;
    return writing_.sent - written() + messages <= most;
}

std::uint64_t ShmLink::written() const noexcept {
    if (!reader_) return 0;
    // Numbers of calls' logs begin at 1: what the peer has taken lies below its head.
    const auto head = reader_->subscription().head(outlet_->next_sequence());
    return (head ? *head : reader_->subscription().last_head()) - 1;
}

void ShmLink::demote() noexcept {
    if (reader_ && outlet_) outlet_->demote(*reader_);
}

void ShmLink::pause(bool is_paused) noexcept {
    if (closed_ || !reader_ || !outlet_) return;
    outlet_->pause(*reader_, is_paused);
    if (reader_->drops() != drops_told_) tell_drops();
    if (reader_->fault()) broken(*reader_->fault());
}

void ShmLink::ask_for_acknowledgement() {
    if (!reader_) return;
    reader_->subscription().writer_sleeps().exchange(os::asleep_in_poll, std::memory_order_acq_rel);
    memory::shared_store_done();
    os::barrier_everywhere();
}

void ShmLink::ring_reader() noexcept {
    os::SleepWord& word = reader_->subscription().reader_sleeps();
    const bool is_fenced = reader_->subscription().is_reader_reachable() && is_reachable_;
    const os::Wake woken = os::ring(word, is_fenced);
    if (woken != os::Wake::nobody) memory::shared_store_done();
    if (woken == os::Wake::by_socket) stream_->ring();
}

os::SleepWord* ShmLink::room_word() noexcept {
    return reader_ ? &reader_->subscription().writer_sleeps() : nullptr;
}

}  // namespace mycelium::transport
