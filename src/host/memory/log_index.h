// LogIndex: where the records of a log are that somebody may still want.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mycelium::memory {

/// For each sequence number from `first` up to `next`: the position of its record, and how many
/// payload bytes came before it. Numbers follow each other without a gap. One thread at a time.
class LogIndex {
public:
    std::uint64_t first() const noexcept { return first_; }
    std::uint64_t next() const noexcept { return next_; }

    /// Nobody wants anything of what there is; the next record is number `next`.
    void restart(std::uint64_t next) noexcept { first_ = next_ = next; }
    /// Makes room for so many more. May throw std::bad_alloc, having done nothing.
    void reserve(std::size_t more);
    bool has_room(std::size_t more) const noexcept {
        return next_ - first_ + more <= entries_.size();
    }
    /// The record numbered `next`; reserve() made the room.
    void push(std::uint64_t position, std::uint64_t payload_bytes) noexcept {
        entries_[next_ & mask()] = {position, bytes_};
        bytes_ += payload_bytes;
        ++next_;
    }
    void forget_before(std::uint64_t sequence) noexcept {
        if (sequence > first_) first_ = sequence < next_ ? sequence : next_;
    }
    /// Of a number from first up to, but not including, next.
    std::uint64_t position_of(std::uint64_t sequence) const noexcept {
        return entries_[sequence & mask()].position;
    }
    /// Of one message's payload.
    std::uint64_t bytes_of(std::uint64_t sequence) const noexcept {
        return bytes_from(sequence) - bytes_from(sequence + 1);
    }
    /// Payload bytes ever.
    std::uint64_t bytes() const noexcept { return bytes_; }
    /// From `sequence`, which lies between first and next, to the end.
    std::uint64_t bytes_from(std::uint64_t sequence) const noexcept {
        return sequence >= next_ ? 0 : bytes_ - entries_[sequence & mask()].bytes_before;
    }

private:
    struct Entry {
        std::uint64_t position = 0;
        std::uint64_t bytes_before = 0;
    };
    std::uint64_t mask() const noexcept { return entries_.size() - 1; }

    std::vector<Entry> entries_;  // a power of two; by the number's last bits
    std::uint64_t first_ = 1;
    std::uint64_t next_ = 1;
    std::uint64_t bytes_ = 0;
};

}  // namespace mycelium::memory
