#include "host/memory/log_writer.h"

#include <algorithm>
#include <new>
#include <utility>

#include <mycelium/bytes.h>

namespace mycelium::memory {

namespace {

constexpr std::size_t touch_step = 256 * KiB;
constexpr std::uint64_t hot_bytes = 512 * KiB;

}  // namespace

Result<LogWriter> LogWriter::create(std::size_t capacity, LogHeader identity) {
    capacity = record_bytes(capacity - std::min(capacity, header_bytes));
    MYCELIUM_TRY_ASSIGN(auto memory, os::SharedMemory::create("log", log_data_offset + capacity,
                                                              os::SharedMemory::Kind::log));
    MYCELIUM_TRY(memory.touch(0, log_data_offset));
    identity.data_offset = log_data_offset;
    identity.capacity = capacity;
    new (memory.data()) LogHeader{identity};
    LogWriter writer{std::move(memory), capacity};
    MYCELIUM_TRY(writer.reserve(record_step));
    return writer;
}

LogWriter::LogWriter(os::SharedMemory memory, std::uint64_t capacity) noexcept
    : memory_(std::move(memory)),
      data_(memory_.data() + log_data_offset),
      metadata_(new (memory_.data() + sizeof(LogHeader)) LogMetadata{}),
      capacity_(capacity) {}

std::uint64_t LogWriter::end_after(std::size_t bytes) const noexcept {
    const std::uint64_t offset = offset_of(position_);
    // Exact for one record; a batch that crosses the end of the lap leaves less than itself unused
    // there.
    const std::uint64_t unused = offset + bytes > capacity_ ? capacity_ - offset : 0;
    return position_ + unused + bytes + record_step;
}

Result<void> LogWriter::reserve(std::size_t bytes) noexcept {
    const std::uint64_t offset = offset_of(position_);
    // Across the end of the lap everything is touched: it begins at the front again, which has
    // been.
    const std::uint64_t wanted = std::min<std::uint64_t>(capacity_, offset + bytes + record_step);
    if (wanted <= touched_) return {};
    const std::uint64_t up_to = std::min<std::uint64_t>(
        capacity_,
        std::max<std::uint64_t>(
            wanted, touched_ + std::min<std::uint64_t>(touched_ + 16 * KiB, touch_step)));
    MYCELIUM_TRY(memory_.touch(log_data_offset + touched_, up_to - touched_));
    touched_ = up_to;
    return {};
}

void LogWriter::begin(std::uint64_t gate, std::size_t bytes, std::uint64_t lag_bytes) noexcept {
    const std::uint64_t offset = offset_of(position_);
    const std::uint64_t hot = std::max(hot_bytes, lag_bytes);
    // What lies behind the pad is out of reach until the reader at the pad has gone on.
    const std::uint64_t left = gate - std::min(gate, position_ - offset);
    if (offset >= hot && left >= std::max<std::uint64_t>(lag_bytes, 2 * bytes + record_step)) pad();
}

SharedWord& LogWriter::commit_word(std::uint64_t position) const noexcept {
    return *reinterpret_cast<SharedWord*>(data_ + offset_of(position) + commit_offset);
}

void LogWriter::put_commit(std::uint64_t position, std::uint64_t value) noexcept {
    SharedWord& word = commit_word(position);
    if (first_commit_) return put(word, value);
    // The batch becomes visible by this one, last.
    first_commit_ = &word;
    first_value_ = value;
}

void LogWriter::pad() noexcept {
    const std::uint64_t next = position_ - offset_of(position_) + capacity_;
    put(commit_word(next), std::uint64_t{0});
    put_commit(position_, pad_bit | next_sequence_);
    position_ = next;
}

std::uint64_t LogWriter::append(std::span<const std::byte, header_bytes> head,
                                std::uint64_t sequence, std::span<const std::byte> first,
                                std::span<const std::byte> second) noexcept {
    const std::size_t size = record_bytes(first.size() + second.size());
    if (offset_of(position_) + size > capacity_) pad();
    const std::uint64_t begin = record_end_;
    const std::uint64_t position = position_;
    put(commit_word(position + size), std::uint64_t{0});
    std::byte* const at = data_ + offset_of(position);
    copy_in(at, head.data(), commit_offset);
    copy_in(at + commit_offset + 8, head.data() + commit_offset + 8,
            header_bytes - commit_offset - 8);
    std::byte* const payload = at + header_bytes;
    copy_in(payload, first.data(), first.size());
    copy_in(payload + first.size(), second.data(), second.size());
    next_sequence_ = sequence + 1;
    put_commit(position, sequence);
    record_end_ = position_ = position + size;
    return begin;
}

void LogWriter::commit() noexcept {
    if (!first_commit_) return;
    // release: pairs with the acquire load of a reader's look; everything of the batch is before
    // it.
    put(*std::exchange(first_commit_, nullptr), first_value_, released_by(Handover::commit));
    put(metadata_->next_position, record_end_);
    put(metadata_->next_sequence, next_sequence_);
}

std::span<const std::byte, header_bytes> LogWriter::head_at(std::uint64_t position) const noexcept {
    const bool is_pad = (commit_word(position).load(std::memory_order_relaxed) & pad_bit) != 0;
    if (is_pad) position = position - offset_of(position) + capacity_;
    return std::span<const std::byte, header_bytes>{data_ + offset_of(position), header_bytes};
}

}  // namespace mycelium::memory
