#include "host/transport/shm_link.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "core/wire/frame.h"
#include "core/wire/notices.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t read_bytes = 4 * KiB;
// A peer that rings without end is read on in the next turn, after the others.
constexpr std::size_t read_at_once_max = 64 * KiB;

}  // namespace

ShmLink::ShmLink(std::unique_ptr<Stream> stream, Introduction introduction,
                 std::shared_ptr<LinkHost> host, std::weak_ptr<LinkMaker> maker,
                 std::shared_ptr<memory::BlockPool> pool)
    : Link(host->open_cell(facts_of(introduction.url, introduction.ours, introduction.theirs,
                                    introduction.identity))),
      stream_(static_cast<stream::DescriptorStream*>(stream.release())),
      host_(std::move(host)),
      maker_(std::move(maker)),
      pool_(std::move(pool)),
      ours_(std::move(introduction.ours)),
      message_bytes_max_(host_->message_bytes_max()),
      writing_(cell_->writing),
      settled_(cell_->settled),
      reading_(cell_->reading),
      filters_(filters(introduction.theirs, ours_)),
      answer_(std::move(introduction.answer)),
      news_(std::move(introduction.received)) {
    peer_ = std::move(introduction.theirs);
    if (peer_.message_bytes_max == 0) peer_.message_bytes_max = limits::message_bytes_max;
    url_ = std::move(introduction.url);
    identity_ = introduction.identity;
    if (identity_.pidfd >= 0) pidfd_ = os::Fd::adopt(identity_.pidfd);
    is_readable_ = !news_.empty();
}

bool ShmLink::begin() {
    const auto answer = std::exchange(answer_, {});
    if (!answer.empty() && !write_whole(*stream_, answer)) return false;
    // Calls go both ways from the beginning; a publisher says where it begins.
    if (!is_pubsub()) begin_writing(1);
    return true;
}

/// What the reader has not taken is its no more; what it took, until it releases it.
void ShmLink::leave_outlet() noexcept {
    if (!outlet_ || !reader_ || !is_pubsub()) return;
    outlet_->unsubscribe(*reader_, pidfd_);
    outlet_.reset();
}

// --- News: what the socket brings ---

void ShmLink::read_news() {
    is_readable_ = false;
    try {
        read_socket();
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, "no memory"});
    }
    if (!closed_ && !waiting_.empty()) send_now();
}

void ShmLink::read_socket() {
    std::size_t used = 0, read = 0;
    while (!closed_) {
        // A byte of no meaning wakes whoever polls.
        while (used < news_.size() && news_[used] == std::byte{0}) ++used;
        const auto here = std::span<const std::byte>{news_}.subspan(used);
        auto head = wire::peek_frame(here, 0);
        if (!head) return broken(std::move(head).error());
        if (*head && (*head)->size <= here.size()) {
            if (!take_frame((*head)->header,
                            here.subspan(header_bytes,
                                         static_cast<std::size_t>((*head)->size) - header_bytes)))
                return;
            used += static_cast<std::size_t>((*head)->size);
            continue;
        }
        news_.erase(news_.begin(), news_.begin() + static_cast<std::ptrdiff_t>(used));
        used = 0;
        // Whose notice has passed: they might even be the peer's end of this socket, which would
        // then never hang up.
        if (news_.empty()) stream_->close_descriptors();
        if (has_ended_) return;
        if (read >= read_at_once_max) {
            is_readable_ = true;
            return;
        }
        const std::size_t filled = news_.size();
        news_.resize(filled + read_bytes);
        const Io io = stream_->read(std::span{news_}.subspan(filled));
        news_.resize(filled + (io.kind == Io::Kind::done ? io.count : 0));
        read += io.count;
        if (io.kind == Io::Kind::would_block) return;
        if (io.kind != Io::Kind::done) {
            has_ended_ = true;
            hang_up();
            return;
        }
    }
}

bool ShmLink::take_frame(const Header& header, std::span<const std::byte> payload) {
    if ((header.flags & flag_control) == 0)
        return broken({Errc::malformed, "data on the socket of a link through shared memory"}),
               false;
    auto notice = wire::decode_fast_message(payload);
    if (!notice) return broken(std::move(notice).error()), false;
    if (auto taken = take_notice(*notice); !taken) broken(std::move(taken).error());
    return !closed_;
}

Result<void> ShmLink::take_notice(const wire::FastMessage& notice) {
    if (stream_->has_lost_descriptors())
        return Error{
            Errc::overloaded,
            "descriptors were lost on their way: there are no free ones here, or too many came"};
    if (notice.method == wire::method_attach && is_reader()) {
        MYCELIUM_TRY_ASSIGN(const auto attach, wire::decode_attach(notice));
        return take_attach(attach);
    }
    if (notice.method == wire::method_segment && is_reader()) {
        MYCELIUM_TRY_ASSIGN(const auto segment, wire::decode_segment(notice));
        os::Fd descriptor = stream_->take_descriptor();
        if (!inlet_) return Error{Errc::malformed, "a segment before the log"};
        return inlet_->borrower().add_segment(
            segment.number, static_cast<std::size_t>(segment.bytes), std::move(descriptor));
    }
    if (notice.method == wire::method_unmap && inlet_) {
        MYCELIUM_TRY_ASSIGN(const auto unmap, wire::decode_unmap(notice));
        inlet_->borrower().remove_segment(unmap.number);
    } else if (notice.method == wire::method_port) {
        MYCELIUM_TRY_ASSIGN(const auto added, wire::decode_port_added(notice));
        if (const auto maker = maker_.lock()) maker->port_added(added.port);
    }
    return {};  // notices of later versions are passed over
}

Result<void> ShmLink::take_attach(const wire::Attach& attach) {
    if (inlet_) return Error{Errc::malformed, "a second log"};
    os::Fd subscription = stream_->take_descriptor();
    os::Fd log = stream_->take_descriptor();
    os::Fd past = attach.has_past != 0 ? stream_->take_descriptor() : os::Fd{};
    if (!subscription || !log || (attach.has_past != 0 && !past))
        return Error{Errc::malformed, "a log without its descriptors"};
    MYCELIUM_TRY_ASSIGN(inlet_, Inlet::open(std::move(subscription), std::move(log),
                                            std::move(past), message_bytes_max_, stream_));
    if (is_pubsub()) sequence_.start(attach.next_sequence);
    return {};
}

void ShmLink::announce_port(std::uint32_t port) {
    if (closed_) return;
    try {
        if (!send_notice(wire::encode_port_added({.port = port}), {}))
            broken({Errc::overloaded, "the peer's socket is full"});
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, "no memory"});
    }
}

// --- The end ---

LinkCounters ShmLink::counters() const noexcept {
    LinkCounters all;
    all.sent = writing_.sent;
    all.bytes = writing_.bytes;
    all.received = reading_.received;
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        all.missed.by_reason[i] = reading_.missed[i];
    if (ours_.pattern != wire::Pattern::publisher) return all;
    if (!reader_) {
        all.queued = all.sent;
        return all;
    }
    // Its word, within what can be true. Who takes what first, head or settled, matters not: what
    // lies between is in flight either way.
    auto& subscription = reader_->subscription();
    const memory::Settled& settled = subscription.settled();
    const std::uint64_t head = subscription.head(end_sequence_).value_or(subscription.last_head());
    std::uint64_t dropped = 0;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        dropped += subscription.dropped()[i];
        all.dropped[i] = subscription.dropped()[i];
    }
    std::uint64_t left = all.sent - std::min(dropped, all.sent);
    const auto within = [&left](std::uint64_t told) {
        const std::uint64_t believed = std::min(told, left);
        left -= believed;
        return believed;
    };
    all.delivered = within(settled.delivered);
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        all.dropped[i] += within(settled.dropped[i]);
    all.queued = within(end_sequence_ - head);
    const std::uint64_t taken = past_messages_ + (head - begin_sequence_) - dropped;
    all.away = within(taken - std::min(settled.finished, taken));
    return all;
}

/// What this end dropped, and whether it serves the reader as one that lags, for those who look on.
/// What the reader does they read where it says so.
void ShmLink::tell_drops() noexcept {
    drops_told_ = reader_->drops();
    const base::Change change{writing_.version};
    const auto& dropped = reader_->subscription().dropped();
    for (std::size_t i = 0; i < drop_reason_count; ++i) writing_.dropped[i] = dropped[i];
    writing_.is_demoted = is_demoted() ? 1u : 0u;
    writing_.loans_held = outlet_ ? outlet_->loans_held(*reader_) : 0;
    writing_.log_bytes = outlet_ ? outlet_->log().capacity() : 0;
    writing_.pool_bytes = outlet_ ? outlet_->pool().reserved_bytes() : 0;
}

void ShmLink::close(Error reason) {
    if (!closed_) broken(std::move(reason));
}

void ShmLink::broken(Error error) {
    if (closed_) return;
    // Whoever reads from a port that closes may read on: its memory stays. From one that goes on,
    // not.
    if (error.code() != Errc::closed) {
        leave_outlet();
    }
    closed_ = std::move(error);
    stream_->shutdown();
}

void ShmLink::retire() {
    if (const auto maker = maker_.lock()) maker->link_retired(*this);
}

}  // namespace mycelium::transport
