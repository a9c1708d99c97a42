// InprocQueue: messages on their way from one thread to another, in order. It has no limit and no
// policy: those are the lane's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "host/transport/inproc_record.h"

namespace mycelium::transport {

/// Records in a chain of chunks of a few KiB. The writer fills records in where nobody looks, and
/// makes them visible by one store of the first one's number of cells; the reader looks at nothing
/// but the place where the next record will begin. So one message costs the two processors the
/// lines that it lies in, and no other. Chunks that were read to their end go back to the writer by
/// a small ring: in steady use nothing is allocated.
///
/// One thread at a time writes; the reader's functions belong to whoever holds the lane's lock,
/// which is the reader, or the writer while it takes out of the front what it has to drop.
class InprocQueue {
public:
    InprocQueue() = default;
    InprocQueue(const InprocQueue&) = delete;
    ~InprocQueue();

    // The writer's.
    /// Seen from the next commit() on. Errors: bad_alloc; nothing has happened then.
    void append(InprocValue&& value);
    void append(const wire::Gap& gap);
    void commit() noexcept {
        if (!first_unseen_) return;
        // Pairs with the acquire in front(): all that was filled in since is seen with it.
        first_unseen_->store(cells_unseen_, std::memory_order_release);
        first_unseen_ = nullptr;
    }

    // The reader's side.
    /// Null: there is none now. Passes on to the next chunk.
    InprocRecord* front() noexcept { return find_front(true); }
    /// Beyond the front, which was taken.
    void pop() noexcept { at_ += front_cells_; }
    /// The same of the writer, who throws the front away. What the reader holds stays.
    InprocRecord* front_to_drop() noexcept { return find_front(false); }

    /// What was taken out before is not looked at any more. The reader's, before it takes more.
    void let_go() noexcept;
    /// After it has taken: what lies in the chunk where it is now is looked at until let_go().
    void hold() noexcept { held_ = reading_; }
    /// From now on nothing of what was taken, until the end.
    void keep_all() noexcept { keeps_all_ = true; }

private:
    static constexpr std::size_t chunk_bytes = 4 * KiB;
    static constexpr std::size_t cells_in_chunk = chunk_bytes / InprocRecord::cell_bytes - 1;
    static constexpr std::size_t spares_max = 32;

    struct alignas(InprocRecord::cell_bytes) Chunk {
        Chunk* next;  // in the queue, or among those that wait to be let go
        alignas(InprocRecord::cell_bytes)
            std::array<std::byte, cells_in_chunk * InprocRecord::cell_bytes> bytes;
        /// Of a place where the writer has been.
        InprocRecord* at(std::size_t cell) noexcept;
        /// Where nothing has been written yet.
        InprocRecord* clear(std::size_t cell) noexcept;
    };
    static_assert(sizeof(Chunk) == chunk_bytes);

    InprocRecord* make_room(std::size_t wanted);
    void advance(InprocRecord& record, std::size_t taken) noexcept;
    void set(InprocRecord& record, std::uint32_t taken) noexcept;
    InprocRecord* find_front(bool is_reader) noexcept;
    void pass_chunk(bool is_reader) noexcept;
    Chunk* take_spare();
    void give_back(Chunk* chunk) noexcept;

    // The writer's.
    alignas(64) Chunk* writing_ = nullptr;
    std::size_t end_ = 0;  // the cell where the next record begins
    std::atomic<std::uint32_t>* first_unseen_ = nullptr;
    std::uint32_t cells_unseen_ = 0;  // what it will be given
    std::size_t spare_taken_ = 0;     // which of spares_ comes next
    Chunk* own_spare_ = nullptr;      // one that it has passed itself

    // Both: the first chunk, and those to be used again. The reader fills an empty place, the
    // writer empties it, each in turn.
    alignas(64) std::atomic<Chunk*> first_{nullptr};
    std::array<std::atomic<Chunk*>, spares_max> spares_{};

    // The reader's side.
    alignas(64) Chunk* reading_ = nullptr;
    std::size_t at_ = 0;
    std::uint32_t front_cells_ = 0;
    std::size_t spare_given_ = 0;
    Chunk* held_ = nullptr;    // the reader looks at what lies in it
    Chunk* passed_ = nullptr;  // the same of these; a list
    bool keeps_all_ = false;
};

}  // namespace mycelium::transport
