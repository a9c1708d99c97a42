#include "host/transport/inproc_queue.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/prefetch.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t cells_ahead = 6;

}  // namespace

InprocRecord* InprocQueue::Chunk::at(std::size_t cell) noexcept {
    return std::launder(
        reinterpret_cast<InprocRecord*>(bytes.data() + cell * InprocRecord::cell_bytes));
}

InprocRecord* InprocQueue::Chunk::clear(std::size_t cell) noexcept {
    return ::new (bytes.data() + cell * InprocRecord::cell_bytes) InprocRecord;
}

InprocQueue::~InprocQueue() {
    commit();
    while (InprocRecord* const record = front()) {
        if (!record->is_gap()) record->take_owner();
        pop();
    }
    delete reading_;
    while (passed_) delete std::exchange(passed_, passed_->next);
    for (const auto& spare : spares_) delete spare.load(std::memory_order_acquire);
    delete own_spare_;
}

// --- The writer ---

InprocQueue::Chunk* InprocQueue::take_spare() {
    if (own_spare_) return std::exchange(own_spare_, nullptr);
    auto& place = spares_[spare_taken_ % spares_max];
    // acquire pairs with the release in give_back(): the reader has done with it
    Chunk* const spare = place.load(std::memory_order_acquire);
    if (!spare) return new Chunk;
    place.store(nullptr, std::memory_order_relaxed);
    ++spare_taken_;
    return spare;
}

/// The first one's number is kept for commit(): nobody gets to those behind it before.
void InprocQueue::set(InprocRecord& record, std::uint32_t taken) noexcept {
    if (first_unseen_) return record.cells.store(taken, std::memory_order_relaxed);
    first_unseen_ = &record.cells;
    cells_unseen_ = taken;
}

/// The last cell of a chunk is never a message's: it says that there is another chunk.
InprocRecord* InprocQueue::make_room(std::size_t wanted) {
    if (writing_ && end_ + wanted < cells_in_chunk) return writing_->at(end_);
    Chunk* const next = take_spare();
    next->next = nullptr;
    InprocRecord* const record = next->clear(0);
    if (writing_) {
        writing_->next = next;
        set(*writing_->at(end_), InprocRecord::goes_on_elsewhere);
    } else {
        first_.store(next, std::memory_order_release);  // pairs with the acquire in find_front()
    }
    writing_ = next;
    end_ = 0;
    return record;
}

void InprocQueue::advance(InprocRecord& record, std::size_t taken) noexcept {
    end_ += taken;
    // Before the record is seen: the reader looks there next.
    writing_->clear(end_);
    // The reader has looked at these lines when they were used last.
    const std::size_t last = std::min(end_ + cells_ahead + taken, cells_in_chunk);
    for (std::size_t cell = end_ + cells_ahead; cell < last; ++cell)
        base::prefetch_to_write(&writing_->bytes[cell * InprocRecord::cell_bytes]);
    set(record, static_cast<std::uint32_t>(taken));
}

void InprocQueue::append(InprocValue&& value) {
    const std::size_t taken = InprocRecord::cells_of(value);
    InprocRecord* const record = make_room(taken);
    record->fill(std::move(value));
    advance(*record, taken);
}

void InprocQueue::append(const wire::Gap& gap) {
    InprocRecord* const record = make_room(InprocRecord::cells_of_gap());
    record->fill(gap);
    advance(*record, InprocRecord::cells_of_gap());
}

// --- The reader's side ---

InprocRecord* InprocQueue::find_front(bool is_reader) noexcept {
    if (!reading_) {
        reading_ = first_.load(std::memory_order_acquire);
        if (!reading_) return nullptr;
    }
    for (;;) {
        InprocRecord* const record = reading_->at(at_);
        front_cells_ = record->cells.load(std::memory_order_acquire);  // pairs with commit()
        if (front_cells_ == InprocRecord::unwritten) return nullptr;
        if (front_cells_ != InprocRecord::goes_on_elsewhere) return record;
        pass_chunk(is_reader);
    }
}

void InprocQueue::pass_chunk(bool is_reader) noexcept {
    Chunk* const chunk = std::exchange(reading_, reading_->next);
    at_ = 0;
    if (is_reader || chunk == held_) {
        chunk->next = std::exchange(passed_, chunk);
        held_ = nullptr;
    } else {
        delete std::exchange(own_spare_, chunk);
    }
}

void InprocQueue::let_go() noexcept {
    if (keeps_all_) return;
    while (passed_) give_back(std::exchange(passed_, passed_->next));
}

void InprocQueue::give_back(Chunk* chunk) noexcept {
    auto& place = spares_[spare_given_ % spares_max];
    if (place.load(std::memory_order_relaxed)) return delete chunk;  // enough for now
    place.store(chunk, std::memory_order_release);  // pairs with the acquire in take_spare()
    ++spare_given_;
}

}  // namespace mycelium::transport
