// LogWriter: the writing end of a log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <mycelium/header.h>
#include <mycelium/result.h>

#include "base/prefetch.h"
#include "host/memory/log_layout.h"
#include "host/os/shared_memory.h"

namespace mycelium::memory {

/// Owns the segment. One thread at a time. Knows nothing of readers but the `gate`: the position
/// from which on nothing may be overwritten yet.
class LogWriter {
public:
    using HeaderWords = std::array<std::uint64_t, header_bytes / 8>;

    /// `identity` has epoch, node and port. Capacity is rounded up to a whole number of steps.
    /// Errors: overloaded, unsupported.
    static Result<LogWriter> create(std::size_t capacity, LogHeader identity);

    /// Would the log still hold everything from `gate` on after records of `bytes` together
    /// (record_bytes of each) were written?
    bool has_space(std::uint64_t gate, std::size_t bytes) const noexcept {
        return end_after(bytes) <= gate + ring_.capacity();
    }
    /// The lowest gate with which has_space() is true.
    std::uint64_t gate_for(std::size_t bytes) const noexcept {
        const std::uint64_t end = end_after(bytes);
        return end > ring_.capacity() ? end - ring_.capacity() : 0;
    }
    /// The most that one batch may take.
    std::size_t batch_bytes_max() const noexcept { return ring_.capacity() / 2 - 2 * record_step; }
    /// Is there memory for so much more?
    bool has_memory(std::size_t bytes) const noexcept {
        // Across the end of the lap everything is touched: it begins at the front again, which has
        // been.
        return touched_ == ring_.capacity() ||
               ring_.offset_of(position_) + bytes + record_step <= touched_;
    }
    /// Makes sure that there is. overloaded: there is not.
    Result<void> reserve(std::size_t bytes) noexcept;

    /// Begins a batch of `bytes`, for which there is space. Where the hot part of the ring ends and
    /// nobody lags, it begins anew at the front, which is still in the cache, if then too a reader
    /// may fall behind by `lag_bytes`.
    void begin(std::uint64_t gate, std::size_t bytes, std::uint64_t lag_bytes) noexcept;
    /// A small record will be written soon: asks for its line and the one behind, whose commit word
    /// is written with it. Readers have had both since the last lap.
    void expect_append() const noexcept {
        base::prefetch_to_write(data_ + ring_.offset_of(position_));
        base::prefetch_to_write(data_ + ring_.offset_of(position_ + line_bytes));
    }
    /// Writes one record; it is invisible until commit(). `head` is the encoded header as words,
    /// the second of them its sequence. Returns its position: where the record before it ended,
    /// which is a pad's where the lap ends between the two. A reader that goes on there walks the
    /// pad, so it must not be overwritten as long as the record.
    std::uint64_t append(const HeaderWords& head, std::span<const std::byte> first,
                         std::span<const std::byte> second) noexcept;
    /// Makes the batch visible, whole.
    void commit() noexcept {
        if (!first_commit_) return;
        // release: pairs with the acquire load of a reader's look; everything of the batch is
        // before it.
        put(*std::exchange(first_commit_, nullptr), first_value_, released_by(Handover::commit));
        put(metadata_->next_position, record_end_);
        put(metadata_->next_sequence, next_sequence_);
    }

    /// Where the next record will be, or the pad before it.
    std::uint64_t position() const noexcept { return record_end_; }
    std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// The record at such a position, which was not overwritten.
    std::span<const std::byte, header_bytes> head_at(std::uint64_t position) const noexcept;
    const os::SharedMemory& memory() const noexcept { return memory_; }
    const LogHeader& header() const noexcept {
        return *reinterpret_cast<const LogHeader*>(memory_.data());
    }
    /// Ends it: the segment, as it is.
    os::SharedMemory release_memory() && noexcept { return std::move(memory_); }

private:
    static constexpr std::size_t line_bytes = 64;

    LogWriter(os::SharedMemory memory, std::uint64_t capacity) noexcept;

    /// With room for a pad before the largest record, and for the commit word after the last.
    std::uint64_t end_after(std::size_t bytes) const noexcept {
        const std::uint64_t offset = ring_.offset_of(position_);
        // Exact for one record; a batch that crosses the end of the lap leaves less than itself
        // unused there.
        const std::uint64_t unused =
            offset + bytes > ring_.capacity() ? ring_.capacity() - offset : 0;
        return position_ + unused + bytes + record_step;
    }
    SharedWord& commit_word(std::uint64_t position) const noexcept {
        return *reinterpret_cast<SharedWord*>(data_ + ring_.offset_of(position) + commit_offset);
    }
    void put_commit(std::uint64_t position, std::uint64_t value) noexcept {
        SharedWord& word = commit_word(position);
        if (first_commit_) return put(word, value);
        // The batch becomes visible by this one, last.
        first_commit_ = &word;
        first_value_ = value;
    }
    void pad() noexcept;

    os::SharedMemory memory_;
    std::byte* data_;
    LogMetadata* metadata_;
    Ring ring_;
    std::uint64_t position_ = 0;
    std::uint64_t record_end_ = 0;  // of the last record: position_, or before a pad
    std::uint64_t touched_ = 0;     // bytes of the ring that have pages
    std::uint64_t next_sequence_ = 1;
    SharedWord* first_commit_ = nullptr;  // of the batch under way
    std::uint64_t first_value_ = 0;
};

inline std::uint64_t LogWriter::append(const HeaderWords& head, std::span<const std::byte> first,
                                       std::span<const std::byte> second) noexcept {
    const std::size_t size = record_bytes(first.size() + second.size());
    if (ring_.offset_of(position_) + size > ring_.capacity()) pad();
    const std::uint64_t begin = record_end_;
    const std::uint64_t position = position_;
    put(commit_word(position + size), std::uint64_t{0});
    std::byte* const at = data_ + ring_.offset_of(position);
    std::byte* const payload = at + header_bytes;
    if (!first.empty()) copy_in(payload, first.data(), first.size());
    if (!second.empty()) copy_in(payload + first.size(), second.data(), second.size());
    // The header's line is the one that readers look at, each time taking it away from here: it is
    // written last, all at once.
    auto* const words = reinterpret_cast<SharedWord*>(at);
    put(words[0], head[0]);
    put(words[2], head[2]);
    put(words[3], head[3]);
    next_sequence_ = head[1] + 1;
    put_commit(position, head[1]);
    record_end_ = position_ = position + size;
    return begin;
}

}  // namespace mycelium::memory
