#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include <mycelium/tlv.h>

#include "base/copy.h"
#include "core/wire/error_info.h"
#include "core/wire/extension.h"
#include "core/wire/frame.h"
#include "core/wire/notices.h"
#include "core/wire/plain_call.h"
#include "host/os/clock.h"
#include "host/transport/framed_link.h"

namespace mycelium::transport {

namespace {

constexpr std::uint64_t tail_wait_ns = 15'000;
constexpr const char* no_memory = "no memory";  // short enough to need none

// Whatever a peer wishes for, one link's queue stays within these.
constexpr std::uint64_t queue_messages_ceiling = 1 << 20;
constexpr std::uint64_t queue_bytes_ceiling = 1 * GiB;
// Control frames have no policy: a peer that takes none of so many is given up.
constexpr std::size_t control_queue_bytes = 1 * MiB;
constexpr std::size_t gaps_queued_max = 16 * 1024;

std::size_t or_default(std::uint64_t told, std::size_t usual) noexcept {
    return told ? static_cast<std::size_t>(std::min<std::uint64_t>(told, SIZE_MAX)) : usual;
}

}  // namespace

FramedLink::FramedLink(std::unique_ptr<Stream> stream, Introduction introduction,
                       std::shared_ptr<LinkHost> host, std::weak_ptr<LinkMaker> maker,
                       std::shared_ptr<memory::BlockPool> pool)
    : Link(host->open_cell(facts_of(introduction.url, introduction.ours, introduction.theirs,
                                    introduction.identity))),
      stream_(std::move(stream)),
      host_(std::move(host)),
      maker_(std::move(maker)),
      pool_(std::move(pool)),
      ours_(std::move(introduction.ours)),
      is_plain_(introduction.is_plain),
      is_checked_(introduction.is_checked),
      is_latest_reader_(ours_.pattern == wire::Pattern::subscriber &&
                        ours_.slow == SlowReader::latest),
      is_plain_reader_(ours_.pattern == wire::Pattern::subscriber && !is_latest_reader_),
      filters_(filters(ours_, introduction.theirs)),
      answer_(std::move(introduction.answer)),
      writing_(cell_->writing),
      settled_(cell_->settled),
      reading_(cell_->reading),
      received_(*pool_, host_->message_bytes_max()) {
    peer_ = std::move(introduction.theirs);
    peer_.queue_messages_max = or_default(peer_.queue_messages_max, limits::queue_messages_max);
    peer_.queue_bytes_max = or_default(peer_.queue_bytes_max, limits::queue_bytes_max);
    peer_.queue_messages_max = std::min(peer_.queue_messages_max, queue_messages_ceiling);
    peer_.queue_bytes_max = std::min(peer_.queue_bytes_max, queue_bytes_ceiling);
    if (peer_.message_bytes_max == 0) peer_.message_bytes_max = limits::message_bytes_max;
    url_ = std::move(introduction.url);
    identity_ = introduction.identity;
    if (identity_.pidfd >= 0) pidfd_ = os::Fd::adopt(identity_.pidfd);
    received_.preload(introduction.received);
    passing_ = passing();
}

bool FramedLink::begin() {
    const auto answer = std::exchange(answer_, {});
    return answer.empty() || write_whole(*stream_, answer);
}

void FramedLink::start(std::uint64_t epoch, std::uint64_t next_sequence) {
    send_control_bytes(wire::encode_start({.epoch = epoch, .next_sequence = next_sequence}));
}

bool FramedLink::offer(std::span<const Message> messages, std::uint64_t now_ns) {
    if (closed_ || cannot_write_) return false;
    const base::Change change{writing_.version};
    try {
        offer_all(messages, now_ns);
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
    tell_queue();
    return !closed_ && !cannot_write_;
}

void FramedLink::offer_all(std::span<const Message> messages, std::uint64_t now_ns) {
    const bool gathers = this->gathers(messages.size(), now_ns);
    if (place_all(messages, gathers || messages.size() > 1)) send_or_gather(gathers, now_ns);
}

void FramedLink::send_or_gather(bool gathers, std::uint64_t now_ns) {
    if (queue_.is_empty()) {
        if (is_pubsub()) gather_.sent(os::unix_time_ns());
    } else if (!gathers || queue_.bytes() >= limits::gather_bytes) {
        if (!wants_writable_) {
            send_now();
            gather_.sent(os::unix_time_ns());
        }
    } else {
        if (first_queued_ns_ == 0) first_queued_ns_ = now_ns;
        if (!is_ticking_) host_->want_tick();
        is_ticking_ = true;
    }
}

/// False: the link has ended. What is nowhere then is counted as gone.
bool FramedLink::place_all(std::span<const Message> messages, bool collect) {
    if (messages.empty()) return true;
    writing_.sent += messages.size();
    std::size_t placed = 0;
    std::uint64_t bytes = 0;
    try {
        for (; placed < messages.size() && !closed_ && !cannot_write_; ++placed) {
            if (!place(messages[placed], collect)) break;
            bytes += messages[placed].payload.bytes.size();
        }
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});  // a frame may be cut off: the link cannot go on
    }
    writing_.bytes += bytes;
    writing_.last_sequence = messages.back().header.sequence;
    writing_.last_timestamp = messages.back().header.timestamp;
    if (placed < messages.size())
        writing_.dropped[static_cast<std::size_t>(DropReason::peer_gone)] +=
            messages.size() - placed;
    return !closed_ && !cannot_write_;
}

/// False: the link has ended, and the message is nowhere.
bool FramedLink::place(const Message& message, bool collect) {
    if (is_paused_) return pass_over(message, DropReason::paused);
    if (filters_ && !tlv::holds_any(message.payload.bytes, peer_.types))
        return pass_over(message, DropReason::not_asked_for);
    if (message.payload.bytes.size() > peer_.message_bytes_max) return leave_out(message);
    if (!make_room(message.payload.bytes.size())) return false;
    if (passed_over_.total() != 0) {
        tell_passed_over();
        if (closed_) return false;
        collect = true;
    }
    if (front_gap_.total() != 0)
        collect = true;  // what was dropped is told before this message: by send_now()
    if (is_plain_) return offer_plain(message);
    if (const auto reference = lend(message))
        return send_reference(message.header, *reference, collect);
    if (closed_) return false;
    if (!wire::is_extended(message))
        return send_frame(message.header, {}, message.payload, collect);
    std::array<std::byte, limits::extension_bytes_max> extension;
    const std::size_t extension_size =
        wire::encode_extension(message.call, message.origin, extension);
    Header header = message.header;
    header.flags |= flag_extended;
    return send_frame(header, std::span{extension}.first(extension_size), message.payload, collect);
}

/// It is not for this reader, who is told so before the next one that is.
bool FramedLink::pass_over(const Message& message, DropReason reason) {
    count_dropped(reason);
    passed_over_.add(reason, 1);
    may_owe_notice_ = true;
    passed_over_next_ = message.header.sequence + 1;
    return true;
}

/// In its place in the queue, where no policy drops it: a reader that takes none of very many is
/// given up.
void FramedLink::tell_passed_over() {
    if (++gaps_queued_ > gaps_queued_max)
        return broken({Errc::overloaded, "the reader takes nothing of what it asked for"});
    const auto payload = wire::encode_gap(
        {.dropped = std::exchange(passed_over_, {}), .next_sequence = passed_over_next_});
    send_control_frame(payload, true);
}

void FramedLink::send_control_frame(std::span<const std::byte> payload, bool collect) {
    Header header;
    header.flags = flag_control;
    header.timestamp = os::unix_time_ns();
    Payload body;
    body.bytes = payload;
    body.has_bytes = true;
    send_frame(header, {}, body, collect);
}

void FramedLink::pause(bool is_paused) noexcept {
    const base::Change change{writing_.version};
    is_paused_ = is_paused;
    try {
        while (is_paused && queue_.messages() != 0) drop_front(DropReason::paused);
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
    tell_queue();
}

/// It is too large for the reader, who is told so.
bool FramedLink::leave_out(const Message& message) {
    if (is_pubsub()) {
        if (passed_over_.total() != 0) tell_passed_over();
        wire::Gap gap;
        gap.dropped.add(DropReason::too_large, 1);
        gap.next_sequence = message.header.sequence + 1;
        send_control_bytes(wire::encode_gap(gap));
    }
    count_dropped(DropReason::too_large);
    return true;
}

/// The queue's own counts, for those who look on.
void FramedLink::tell_queue() noexcept {
    writing_.left = queue_.begun();
    writing_.queued_messages = queue_.messages();
    if (lender_) writing_.loans_held = lender_->loans_held();
    writing_.queued_bytes = queue_.bytes_with_references();
}

bool FramedLink::make_room(std::size_t bytes) {
    const auto is_full = [&] {
        return queue_.messages() >= peer_.queue_messages_max ||
               (queue_.messages() != 0 &&
                queue_.bytes_with_references() + bytes > peer_.queue_bytes_max);
    };
    const bool is_latest = is_pubsub() && peer_.slow == SlowReader::latest;
    // What only gathers here is no sign of a slow reader.
    if ((is_full() || (is_latest && queue_.messages() != 0)) && !wants_writable_) send_now();
    if (is_latest) {
        while (queue_.messages() != 0) drop_front(DropReason::conflated);
        return true;
    }
    if (!is_full()) return true;
    if (is_pubsub() && drops_oldest()) {
        const auto reason = is_demoted_ ? DropReason::block_deadline : DropReason::queue_full;
        while (is_full() && queue_.messages() != 0) drop_front(reason);
        return true;
    }
    if (is_pubsub() && peer_.slow == SlowReader::block) return true;
    broken({Errc::overloaded, "the reader does not keep up: its queue of " +
                                  std::to_string(peer_.queue_messages_max) + " messages, " +
                                  std::to_string(peer_.queue_bytes_max) + " bytes is full"});
    return false;
}

void FramedLink::drop_front(DropReason reason) {
    const auto sequence = queue_.drop_oldest();
    if (!sequence) return;
    if (lender_) lender_->drop(*sequence);
    count_dropped(reason);
    front_gap_.add(reason, 1);
    may_owe_notice_ = true;
    front_gap_next_ = *sequence + 1;
}

bool FramedLink::send_frame(Header header, std::span<const std::byte> extension,
                            const Payload& payload, bool collect) {
    std::array<std::byte, header_bytes + limits::extension_bytes_max> space;
    const auto head = std::span{space}.first(header_bytes + extension.size());
    base::copy(head.data() + header_bytes, extension.data(), extension.size());
    wire::encode_frame(header, wire::must_check(header, is_checked_), extension, payload.bytes,
                       head.first<header_bytes>());
    const bool is_control = (header.flags & flag_control) != 0;
    if (collect || !queue_.is_empty()) {
        queue_.append(head, payload.bytes, payload.owner);
        return true;
    }

    const std::array<std::span<const std::byte>, 2> parts{head, payload.bytes};
    const Io io = stream_->write(std::span{parts}.first(payload.bytes.empty() ? 1 : 2));
    if (io.kind == Io::Kind::would_block) {
        queue_.append(head, payload.bytes, payload.owner);
        return true;
    }
    if (io.kind != Io::Kind::done) {
        writing_broke(io.error);
        return false;
    }
    const std::size_t of_head = std::min(io.count, head.size());
    if (io.count < head.size() + payload.bytes.size())
        queue_.put_started(head.subspan(of_head), payload.bytes.subspan(io.count - of_head),
                           payload.owner);
    if (!is_control) queue_.count_as_begun(1);
    return true;
}

bool FramedLink::offer_plain(const Message& message) {
    if (message.call.kind != CallKind::answer) return false;
    send_control_bytes(wire::encode_plain_answer(message.call.id, message.payload.bytes,
                                                 ours_.answer, came_as_json(message.call.id)));
    return true;
}

bool FramedLink::offer_error(std::uint64_t call, const Error& error) {
    if (closed_ || cannot_write_) return false;
    wire::FastMessage answer;
    answer.type = wire::FastMessage::Type::response;
    answer.is_json = came_as_json(call);
    answer.id = call;
    try {
        answer.error = wire::error_info_of(error);
        send_control_bytes(wire::encode_fast_message(answer));
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
    return !closed_ && !cannot_write_;
}

void FramedLink::send_control_bytes(std::span<const std::byte> payload) {
    if (closed_ || cannot_write_) return;
    if (queue_.bytes() > peer_.queue_bytes_max + control_queue_bytes)
        return broken({Errc::overloaded, "the peer takes nothing of what it asked for"});
    send_control_frame(payload, false);
    if (!queue_.is_empty() && !wants_writable_) send_now();
}

bool FramedLink::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    if (closed_ || peer_.slow != SlowReader::block || is_demoted_ || is_paused_ ||
        queue_.messages() == 0)
        return true;
    return queue_.messages() + messages <= peer_.queue_messages_max &&
           queue_.bytes_with_references() + bytes <= peer_.queue_bytes_max;
}

void FramedLink::put_gap_first() {
    if (front_gap_.total() == 0) return;
    const auto payload =
        wire::encode_gap({.dropped = front_gap_, .next_sequence = front_gap_next_});
    front_gap_ = {};
    queue_.put_first(wire::control_frame(payload, os::unix_time_ns(), is_checked_));
}

void FramedLink::send_now() {
    if (closed_ || cannot_write_) return;
    const base::Change change{writing_.version};
    try {
        put_gap_first();
        write_queue();
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, no_memory});
    }
    tell_queue();
}

void FramedLink::write_queue() {
    while (!queue_.is_empty()) {
        const int descriptor = queue_.descriptor();
        const auto parts = queue_.parts();
        const Io io =
            descriptor < 0 ? stream_->write(parts) : passing_->write_with(parts[0], descriptor);
        if (io.kind == Io::Kind::done) {
            queue_.consume(io.count);
        } else if (io.kind == Io::Kind::would_block) {
            if (is_attended_) return;
            if (!wants_writable_) host_->want_writable(*this);
            wants_writable_ = true;
            return;
        } else if (descriptor >= 0 && io.error != EPIPE && io.error != ECONNRESET) {
            // More are under way than this user may have, or the like: from now on messages carry
            // their bytes.
            lending_failed_ = true;
            queue_.consume(parts[0].size());
        } else {
            return writing_broke(io.error);
        }
    }
    wants_writable_ = false;
    gaps_queued_ = 0;
    first_queued_ns_ = 0;
    if (is_demoted_) set_demoted(false);
}

bool FramedLink::tick(std::uint64_t now_ns) {
    if (closed_ || cannot_write_) return is_ticking_ = false;
    if (queue_.is_empty() || wants_writable_) {
        if (gather_.is_stale(now_ns)) gather_.stop();
        return is_ticking_ = gather_.is_gathering();
    }
    const bool clock_was_set_back = now_ns < first_queued_ns_;
    if (clock_was_set_back || now_ns >= first_queued_ns_ + tail_wait_ns) send_now();
    return true;
}

LinkCounters FramedLink::counters() const noexcept {
    LinkCounters all;
    all.sent = writing_.sent;
    all.bytes = writing_.bytes;
    all.delivered = settled_.delivered;
    all.queued = queue_.messages();
    if (ours_.pattern == wire::Pattern::publisher) all.away = queue_.begun() - settled_.finished;
    all.received = reading_.received;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        all.dropped[i] = writing_.dropped[i];
        all.missed.by_reason[i] = reading_.missed[i];
    }
    return all;
}

void FramedLink::ask_for_acknowledgement() {
    if (passed_over_.total() != 0 && !closed_ && !cannot_write_) tell_passed_over();
    send_control_bytes(wire::encode_bye());
    send_now();
}

void FramedLink::announce_port(std::uint32_t port) {
    send_control_bytes(wire::encode_port_added({.port = port}));
}

void FramedLink::close(Error reason) {
    if (!closed_) broken(std::move(reason));
}

void FramedLink::writing_broke(int error_number) {
    // The peer has closed, but what it sent before is still to be read: its last acknowledgement,
    // or answers.
    cannot_write_ = true;
    hang_up();
    if (ours_.pattern != wire::Pattern::publisher) return;
    receive(1);
    broken({Errc::unavailable, "the peer has gone", error_number});
}

void FramedLink::broken(Error error) {
    if (closed_) return;
    // Whoever reads from a port that closes may read on: its memory stays. From one that goes on,
    // not.
    if (lender_ && error.code() != Errc::closed) lender_->leave();
    closed_ = std::move(error);
    stream_->shutdown();
}

void FramedLink::retire() {
    if (const auto maker = maker_.lock()) maker->link_retired(*this);
}

}  // namespace mycelium::transport
