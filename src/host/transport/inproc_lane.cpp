#include "host/transport/inproc_lane.h"

#include <algorithm>
#include <new>
#include <utility>

#include "host/os/thread.h"

namespace mycelium::transport {

std::size_t InprocLane::size_of(const Message& message) noexcept {
    return message.payload.has_bytes ? message.payload.bytes.size() : 0;
}

bool InprocLane::is_full(std::size_t bytes) const noexcept {
    return messages_ >= limits_.messages_max ||
           (messages_ != 0 && bytes_ + bytes > limits_.bytes_max);
}

void InprocLane::drop_front(DropReason reason, std::vector<Item>& dropped) {
    while (!items_.empty()) {
        const Item& item = dropped.emplace_back(std::move(items_.front()));
        items_.pop_front();
        if (item.gap) {
            front_gap_.dropped.add(item.gap->dropped);
            front_gap_.next_sequence = item.gap->next_sequence;
            continue;
        }
        --messages_;
        bytes_ -= size_of(item.message);
        count_dropped(reason);
        front_gap_.dropped.add(reason, 1);
        front_gap_.next_sequence = item.message.header.sequence + 1;
        return;
    }
}

/// Gaps in a row become one: a reader that does not read costs no memory by them.
void InprocLane::put_gap(std::uint64_t sequence) {
    wire::Gap gap;
    gap.dropped.add(DropReason::too_large, 1);
    gap.next_sequence = sequence + 1;
    if (items_.empty() || !items_.back().gap) {
        items_.push_back({{}, gap});
        return;
    }
    items_.back().gap->dropped.add(gap.dropped);
    items_.back().gap->next_sequence = gap.next_sequence;
}

/// The queue's own counts, for those who look on.
void InprocLane::tell_queue() noexcept {
    writing_.queued_messages = messages_;
    writing_.queued_bytes = bytes_;
}

InprocLane::Push InprocLane::push(Message message) {
    const std::size_t size = size_of(message);
    std::vector<Item> dropped;  // its owners' deleters run after the lock is released
    std::lock_guard guard{lock_};
    if (is_closed_.load(std::memory_order_relaxed)) return Push::closed;
    const base::Change change{writing_.version};
    ++writing_.sent;
    writing_.bytes += size;
    writing_.last_sequence = message.header.sequence;
    writing_.last_timestamp = message.header.timestamp;
    try {
        const Push pushed = place(message, size, dropped);
        if (pushed != Push::taken) count_dropped(DropReason::peer_gone);
        tell_queue();
        return pushed;
    } catch (const std::bad_alloc&) {
        count_dropped(DropReason::peer_gone);  // the link ends for that
        throw;
    }
}

InprocLane::Push InprocLane::place(Message& message, std::size_t size, std::vector<Item>& dropped) {
    if (size > limits_.message_bytes_max) {
        put_gap(message.header.sequence);
        count_dropped(DropReason::too_large);
        return Push::taken;
    }
    if (limits_.is_pubsub && limits_.slow == SlowReader::latest) {
        while (messages_ != 0) drop_front(DropReason::conflated, dropped);
    } else if (is_full(size)) {
        const bool demoted = is_demoted_.load(std::memory_order_relaxed);
        if (!limits_.is_pubsub || limits_.slow == SlowReader::disconnect)
            return Push::reader_too_slow;
        if (limits_.slow == SlowReader::drop_oldest || demoted)
            while (is_full(size) && messages_ != 0)
                drop_front(demoted ? DropReason::block_deadline : DropReason::queue_full, dropped);
    }
    items_.push_back({std::move(message), std::nullopt});
    ++messages_;
    bytes_ += size;
    return Push::taken;
}

bool InprocLane::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    if (limits_.slow != SlowReader::block || is_demoted() || is_closed()) return true;
    std::lock_guard guard{lock_};
    return messages_ == 0 ||
           (messages_ + messages <= limits_.messages_max && bytes_ + bytes <= limits_.bytes_max);
}

void InprocLane::await_room(std::shared_ptr<os::Doorbell> writer_bell) {
    std::lock_guard guard{lock_};
    writer_bell_ = std::move(writer_bell);
    // seq_cst pairs with the load in count_delivered(): either the reader sees that it is awaited,
    // or the writer, who looks once more after this, sees what the reader did.
    is_awaited_.store(true, std::memory_order_seq_cst);
}

void InprocLane::start(std::uint64_t next_sequence) {
    std::lock_guard guard{lock_};
    start_ = next_sequence;
}

void InprocLane::demote() noexcept {
    std::lock_guard guard{lock_};
    is_demoted_.store(true, std::memory_order_relaxed);
    writing_.is_demoted = 1;
}

void InprocLane::pop(std::vector<Message>& into, std::size_t limit,
                     wire::SequenceTracker& sequence) {
    std::shared_ptr<os::Doorbell> writer_bell;
    std::vector<Item> unseen;
    {
        std::lock_guard guard{lock_};
        const base::Change change{writing_.version};
        const bool has_ended = limits_.ends_at_close && is_closed_.load(std::memory_order_relaxed);
        if (start_) sequence.start(*std::exchange(start_, std::nullopt));
        if (front_gap_.dropped) {
            sequence.gap(front_gap_.dropped, front_gap_.next_sequence);
            front_gap_ = {};
        }
        while (!items_.empty() && into.size() < limit) {
            Item& item = items_.front();
            if (item.gap) {
                sequence.gap(item.gap->dropped, item.gap->next_sequence);
            } else if (has_ended && item.message.call.kind != CallKind::notification) {
                unseen.push_back(std::move(item));
            } else {
                --messages_;
                bytes_ -= size_of(item.message);
                if (limits_.is_pubsub)
                    item.message.missed = sequence.arrive(item.message.header.sequence);
                into.push_back(std::move(item.message));
                ++writing_.left;
            }
            items_.pop_front();
        }
        tell_queue();
        if (messages_ == 0 && is_demoted_.load(std::memory_order_relaxed)) {
            is_demoted_.store(false, std::memory_order_relaxed);
            writing_.is_demoted = 0;
        }
        if (!into.empty() && is_awaited_.load(std::memory_order_relaxed)) {
            is_awaited_.store(false, std::memory_order_relaxed);
            writer_bell = std::exchange(writer_bell_, nullptr);
        }
    }
    if (writer_bell) writer_bell->ring();
}

void InprocLane::count_delivered(std::uint64_t finished) noexcept {
    {
        const base::Change change{settled_.version};
        settled_.finished += finished;
        settled_.delivered.add_fenced(1);
    }
    if (!is_awaited_.load(std::memory_order_seq_cst)) return;
    std::shared_ptr<os::Doorbell> writer_bell;
    {
        std::lock_guard guard{lock_};
        is_awaited_.store(false, std::memory_order_relaxed);
        writer_bell = std::exchange(writer_bell_, nullptr);
    }
    if (writer_bell) writer_bell->ring();
}

void InprocLane::count_malformed() noexcept {
    std::lock_guard guard{lock_};
    const base::Change writing{writing_.version};
    const base::Change settled{settled_.version};
    --settled_.delivered;
    count_dropped(DropReason::malformed);
}

void InprocLane::close() noexcept {
    std::shared_ptr<os::Doorbell> writer_bell;
    {
        std::lock_guard guard{lock_};
        is_closed_.store(true, std::memory_order_release);
        writer_bell = std::exchange(writer_bell_, nullptr);
    }
    reader_bell_->ring();
    if (writer_bell) writer_bell->ring();
}

bool InprocLane::try_counters(LinkCounters& counters) const noexcept {
    const std::lock_guard guard{lock_};
    counters.sent = writing_.sent;
    counters.bytes = writing_.bytes;
    for (std::size_t i = 0; i < drop_reason_count; ++i) counters.dropped[i] = writing_.dropped[i];
    counters.queued = messages_;
    // The reader counts without the lock, its two numbers one after the other: both or neither.
    const std::uint64_t version = settled_.version.acquire();
    counters.delivered = settled_.delivered.acquire();
    counters.away = writing_.left - settled_.finished.acquire();
    return (version & 1) == 0 && settled_.version == version;
}

LinkCounters InprocLane::counters() const noexcept {
    constexpr int looks_max = 1000;  // the reader may be put aside by the kernel in between
    LinkCounters counters;
    for (int looks = 0; !try_counters(counters) && looks < looks_max; ++looks) {
        if (looks < 100)
            base::relax();
        else
            os::yield();
    }
    return counters;
}

std::size_t InprocLane::bytes() const noexcept {
    std::lock_guard guard{lock_};
    return bytes_;
}

}  // namespace mycelium::transport
