#include "host/transport/inproc_lane.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/relax.h"
#include "host/os/thread.h"

namespace mycelium::transport {

void InprocLane::count_in(std::size_t messages, std::size_t bytes) noexcept {
    messages_.store(messages_.load(std::memory_order_relaxed) + messages,
                    std::memory_order_relaxed);
    bytes_.store(bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

void InprocLane::count_out(std::size_t messages, std::size_t bytes) noexcept {
    messages_.store(messages_.load(std::memory_order_relaxed) - messages,
                    std::memory_order_relaxed);
    bytes_.store(bytes_.load(std::memory_order_relaxed) - bytes, std::memory_order_relaxed);
}

std::size_t InprocLane::bytes_of(const InprocPart& part) const noexcept {
    if (limits_.shares_objects) return 0;
    if (part.last - part.first == part.batch->items().size()) return part.batch->bytes();
    std::size_t sum = 0;
    for (const InprocBatch::Item& item : part.items()) sum += item.bytes();
    return sum;
}

bool InprocLane::is_full(std::size_t bytes) const noexcept {
    return messages_ >= limits_.messages_max ||
           (messages_ != 0 && bytes_ + bytes > limits_.bytes_max);
}

void InprocLane::append(const InprocPart& part) {
    if (!entries_.empty() && entries_.back().part.batch == part.batch &&
        entries_.back().part.last == part.first)
        entries_.back().part.last = part.last;
    else
        entries_.push_back({part, nullptr});
    count_in(part.last - part.first, bytes_of(part));
}

void InprocLane::drop_front(DropReason reason, std::vector<InprocPart>& dropped) {
    for (; !entries_.empty(); entries_.pop_front()) {
        Entry& entry = entries_.front();
        if (entry.gap) {
            front_gap_.dropped.add(entry.gap->dropped);
            front_gap_.next_sequence = entry.gap->next_sequence;
            entry.gap.reset();
            continue;
        }
        InprocPart& part = entry.part;
        const bool is_last = part.first + 1 == part.last;
        if (is_last) dropped.push_back(part);  // may fail: nothing is counted yet
        const InprocBatch::Item& item = part.items().front();
        count_out(1, size_of(item));
        count_dropped(reason);
        front_gap_.dropped.add(reason, 1);
        front_gap_.next_sequence = item.header().sequence + 1;
        ++part.first;
        if (!is_last) return;
        part.batch = nullptr;
        return entries_.pop_front();
    }
}

void InprocLane::drop_all(base::Ring<Entry>& entries, DropReason reason) noexcept {
    for (; !entries.empty(); entries.pop_front()) {
        const Entry& entry = entries.front();
        if (entry.gap) {
            front_gap_.dropped.add(entry.gap->dropped);
            front_gap_.next_sequence = entry.gap->next_sequence;
            continue;
        }
        const std::size_t count = entry.part.last - entry.part.first;
        count_out(count, bytes_of(entry.part));
        count_dropped(reason, count);
        front_gap_.dropped.add(reason, count);
        front_gap_.next_sequence = entry.part.items().back().header().sequence + 1;
    }
}

/// Gaps in a row become one: a reader that does not read costs no memory by them.
void InprocLane::put_gap(std::uint64_t sequence, DropReason reason) {
    if (entries_.empty() || !entries_.back().gap)
        entries_.push_back({{}, std::make_unique<wire::Gap>()});
    wire::Gap& gap = *entries_.back().gap;
    gap.dropped.add(reason, 1);
    gap.next_sequence = sequence + 1;
}

/// The queue's own counts, for those who look on.
void InprocLane::tell_queue() noexcept {
    writing_.queued_messages = messages_.load(std::memory_order_relaxed);
    writing_.queued_bytes = bytes_.load(std::memory_order_relaxed);
}

/// Has no policy anything to decide?
bool InprocLane::takes_all(const InprocPart& part) const noexcept {
    if (is_paused_ || (limits_.is_pubsub && limits_.slow == SlowReader::latest)) return false;
    if (!limits_.shares_objects && part.batch->largest() > limits_.message_bytes_max) return false;
    if (!limits_.is_pubsub) return true;
    return messages_ + (part.last - part.first) <= limits_.messages_max &&
           bytes_ + bytes_of(part) <= limits_.bytes_max;
}

void InprocLane::count_sent(const InprocPart& part) noexcept {
    writing_.sent += part.last - part.first;
    writing_.bytes += bytes_of(part);
    writing_.last_sequence = part.items().back().header().sequence;
    writing_.last_timestamp = part.items().back().header().timestamp;
}

void InprocLane::count_gone(std::size_t messages) noexcept {
    std::lock_guard guard{lock_};
    const base::Change change{writing_.version};
    writing_.sent += messages;
    count_dropped(DropReason::peer_gone, messages);
}

InprocLane::Push InprocLane::push(const InprocPart& part) {
    std::vector<InprocPart> dropped;  // its owners' deleters run after the lock is released
    const std::size_t count = part.last - part.first;
    if (count == 0) return Push::taken;
    std::lock_guard guard{lock_};
    const base::Change change{writing_.version};
    count_sent(part);
    Push pushed = Push::taken;
    std::size_t placed = 0;
    const auto count_rest = [&] {
        count_dropped(DropReason::peer_gone, count - placed);
        tell_queue();
    };
    try {
        if (is_closed_.load(std::memory_order_relaxed)) {
            pushed = Push::closed;
        } else if (takes_all(part)) {
            append(part);
            placed = count;
        } else {
            for (; placed != count; ++placed) {
                const std::size_t index = part.first + placed;
                pushed = place({part.batch, index, index + 1}, dropped);
                if (pushed != Push::taken) break;
            }
        }
    } catch (const std::bad_alloc&) {
        count_rest();  // the link ends for that
        throw;
    }
    count_rest();
    return pushed;
}

/// What calls consist of is never refused: there is no more of it than calls under way, and who
/// begins one asks for room first.
InprocLane::Push InprocLane::place(const InprocPart& part, std::vector<InprocPart>& dropped) {
    const InprocBatch::Item& item = part.items().front();
    const std::size_t size = size_of(item);
    if (is_paused_ || size > limits_.message_bytes_max) {
        const DropReason reason = is_paused_ ? DropReason::paused : DropReason::too_large;
        put_gap(item.header().sequence, reason);
        count_dropped(reason);
        return Push::taken;
    }
    if (limits_.is_pubsub && limits_.slow == SlowReader::latest) {
        while (messages_ != 0) drop_front(DropReason::conflated, dropped);
    } else if (limits_.is_pubsub && is_full(size)) {
        const bool demoted = is_demoted_.load(std::memory_order_relaxed);
        if (limits_.slow == SlowReader::disconnect) return Push::reader_too_slow;
        if (limits_.slow == SlowReader::drop_oldest || demoted)
            while (is_full(size) && messages_ != 0)
                drop_front(demoted ? DropReason::block_deadline : DropReason::queue_full, dropped);
    }
    append(part);
    return Push::taken;
}

bool InprocLane::has_room(std::size_t messages, std::size_t bytes) const noexcept {
    if (limits_.slow != SlowReader::block || is_demoted() || is_closed()) return true;
    if (limits_.shares_objects) bytes = 0;
    // seq_cst: see await_room().
    const std::size_t queued = messages_.load(std::memory_order_seq_cst);
    return queued == 0 || (queued + messages <= limits_.messages_max &&
                           bytes_.load(std::memory_order_relaxed) + bytes <= limits_.bytes_max);
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

void InprocLane::pause(bool is_paused) noexcept {
    base::Ring<Entry> dropped;  // as in push()
    std::lock_guard guard{lock_};
    const base::Change change{writing_.version};
    is_paused_ = is_paused;
    if (!is_paused) return;
    std::swap(dropped, entries_);
    drop_all(dropped, DropReason::paused);
    tell_queue();
}

void InprocLane::pass_over(const Header& header, DropReason reason) {
    std::lock_guard guard{lock_};
    const base::Change change{writing_.version};
    ++writing_.sent;
    count_dropped(reason);
    if (!is_closed_.load(std::memory_order_relaxed)) put_gap(header.sequence, reason);
}

/// From the front, as far as there is memory set aside. Requests that nobody may answer any more
/// go, and stay in the queue's books.
void InprocLane::take(std::size_t limit, bool has_ended, std::vector<InprocPart>& unseen) {
    const std::size_t most = taken_.capacity();
    while (!entries_.empty() && limit != 0 && taken_.size() < most) {
        Entry& front = entries_.front();
        InprocPart& part = front.part;
        if (front.gap) {
            taken_.push_back(std::move(front));
            entries_.pop_front();
            continue;
        }
        const bool is_unseen =
            has_ended && part.items().front().call_kind() != CallKind::notification;
        const std::size_t count = has_ended ? 1 : std::min(limit, part.last - part.first);
        InprocPart taken{part.batch, part.first, part.first + count};
        if (is_unseen) unseen.push_back(taken);
        part.first += count;
        if (part.first == part.last) {
            part.batch = nullptr;
            entries_.pop_front();
        }
        if (is_unseen) continue;
        count_out(count, bytes_of(taken));
        writing_.left += count;
        limit -= count;
        taken_.push_back({std::move(taken), nullptr});
    }
}

void InprocLane::hand_over(const InprocPart& part, std::vector<Message>& into,
                           wire::SequenceTracker& sequence) const {
    for (const InprocBatch::Item& item : part.items()) {
        Message& message = into.emplace_back();
        item.give(message, limits_.shares_objects);
        if (limits_.is_pubsub) message.missed = sequence.arrive(message.header.sequence);
    }
}

void InprocLane::pop(std::vector<Message>& into, std::vector<InprocPart>& held, std::size_t limit,
                     wire::SequenceTracker& sequence) {
    std::shared_ptr<os::Doorbell> writer_bell;
    std::vector<InprocPart> unseen;  // its owners' deleters run after the lock is released
    taken_.clear();
    taken_.reserve(2 * limit + 1);  // a notice before each message, and one behind them
    held.reserve(held.size() + limit);
    into.reserve(into.size() + limit);
    {
        std::lock_guard guard{lock_};
        const base::Change change{writing_.version};
        const bool has_ended = limits_.ends_at_close && is_closed_.load(std::memory_order_relaxed);
        if (start_) sequence.start(*std::exchange(start_, std::nullopt));
        if (front_gap_.dropped.total() != 0) {
            sequence.gap(front_gap_.dropped, front_gap_.next_sequence);
            front_gap_ = {};
        }
        take(limit, has_ended, unseen);
        tell_queue();
        if (messages_ == 0 && is_demoted_.load(std::memory_order_relaxed)) {
            is_demoted_.store(false, std::memory_order_relaxed);
            writing_.is_demoted = 0;
        }
        if (!taken_.empty() && is_awaited_.load(std::memory_order_relaxed)) {
            is_awaited_.store(false, std::memory_order_relaxed);
            writer_bell = std::exchange(writer_bell_, nullptr);
        }
    }
    if (writer_bell) writer_bell->ring();
    for (Entry& entry : taken_) {
        if (entry.gap) {
            sequence.gap(entry.gap->dropped, entry.gap->next_sequence);
            continue;
        }
        hand_over(entry.part, into, sequence);
        held.push_back(std::move(entry.part));
    }
}

void InprocLane::count_delivered(std::uint64_t delivered, std::uint64_t finished) noexcept {
    {
        const base::Change change{settled_.version};
        settled_.finished += finished;
        settled_.delivered.add_fenced(delivered);
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
