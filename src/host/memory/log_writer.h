// LogWriter: the writing end of a log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/header.h>
#include <mycelium/result.h>

#include "host/memory/log_layout.h"
#include "host/os/shared_memory.h"

namespace mycelium::memory {

/// Owns the segment. One thread at a time. Knows nothing of readers but the `gate`: the position
/// from which on nothing may be overwritten yet.
class LogWriter {
public:
    /// `identity` has epoch, node and port. Capacity is rounded up to a whole number of steps.
    /// Errors: overloaded, unsupported.
    static Result<LogWriter> create(std::size_t capacity, LogHeader identity);

    /// Would the log still hold everything from `gate` on after records of `bytes` together
    /// (record_bytes of each) were written?
    bool has_space(std::uint64_t gate, std::size_t bytes) const noexcept {
        return end_after(bytes) <= gate + capacity_;
    }
    /// The lowest gate with which has_space() is true.
    std::uint64_t gate_for(std::size_t bytes) const noexcept {
        const std::uint64_t end = end_after(bytes);
        return end > capacity_ ? end - capacity_ : 0;
    }
    /// The most that one batch may take.
    std::size_t batch_bytes_max() const noexcept { return capacity_ / 2 - 2 * record_step; }
    /// Makes sure that there is memory for so much more. overloaded: there is not.
    Result<void> reserve(std::size_t bytes) noexcept;

    /// Begins a batch of `bytes`, for which there is space. Where the hot part of the ring ends and
    /// nobody lags, it begins anew at the front, which is still in the cache, if then too a reader
    /// may fall behind by `lag_bytes`.
    void begin(std::uint64_t gate, std::size_t bytes, std::uint64_t lag_bytes) noexcept;
    /// Writes one record; it is invisible until commit(). `head` is the encoded header, whose
    /// sequence field is left out of it. Returns its position: where the record before it ended,
    /// which is a pad's where the lap ends between the two. A reader that goes on there walks the
    /// pad, so it must not be overwritten as long as the record.
    std::uint64_t append(std::span<const std::byte, header_bytes> head, std::uint64_t sequence,
                         std::span<const std::byte> first,
                         std::span<const std::byte> second) noexcept;
    /// Makes the batch visible, whole.
    void commit() noexcept;

    /// Where the next record will be, or the pad before it.
    std::uint64_t position() const noexcept { return record_end_; }
    std::uint64_t capacity() const noexcept { return capacity_; }
    /// The record at such a position, which was not overwritten.
    std::span<const std::byte, header_bytes> head_at(std::uint64_t position) const noexcept;
    const os::SharedMemory& memory() const noexcept { return memory_; }
    /// Ends it: the segment, as it is.
    os::SharedMemory release_memory() && noexcept { return std::move(memory_); }

private:
    LogWriter(os::SharedMemory memory, std::uint64_t capacity) noexcept;

    std::uint64_t offset_of(std::uint64_t position) const noexcept { return position % capacity_; }
    /// With room for a pad before the largest record, and for the commit word after the last.
    std::uint64_t end_after(std::size_t bytes) const noexcept;
    SharedWord& commit_word(std::uint64_t position) const noexcept;
    void put_commit(std::uint64_t position, std::uint64_t value) noexcept;
    void pad() noexcept;

    os::SharedMemory memory_;
    std::byte* data_;
    LogMetadata* metadata_;
    std::uint64_t capacity_;
    std::uint64_t position_ = 0;
    std::uint64_t record_end_ = 0;  // of the last record: position_, or before a pad
    std::uint64_t touched_ = 0;     // bytes of the ring that have pages
    std::uint64_t next_sequence_ = 1;
    SharedWord* first_commit_ = nullptr;  // of the batch under way
    std::uint64_t first_value_ = 0;
};

}  // namespace mycelium::memory
