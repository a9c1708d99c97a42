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
      ring_(capacity) {}

Result<void> LogWriter::reserve(std::size_t bytes) noexcept {
    if (has_memory(bytes)) return {};
    const std::uint64_t wanted =
        std::min<std::uint64_t>(ring_.capacity(), ring_.offset_of(position_) + bytes + record_step);
    const std::uint64_t up_to = std::min<std::uint64_t>(
        ring_.capacity(),
        std::max<std::uint64_t>(
            wanted, touched_ + std::min<std::uint64_t>(touched_ + 16 * KiB, touch_step)));
    MYCELIUM_TRY(memory_.touch(log_data_offset + touched_, up_to - touched_));
    touched_ = up_to;
    return {};
}

void LogWriter::begin(std::uint64_t gate, std::size_t bytes, std::uint64_t lag_bytes) noexcept {
    const std::uint64_t offset = ring_.offset_of(position_);
    const std::uint64_t hot = std::max(hot_bytes, lag_bytes);
    // What lies behind the pad is out of reach until the reader at the pad has gone on.
    const std::uint64_t left = gate - std::min(gate, position_ - offset);
    if (offset >= hot && left >= std::max<std::uint64_t>(lag_bytes, 2 * bytes + record_step)) pad();
}

void LogWriter::pad() noexcept {
    const std::uint64_t next = position_ - ring_.offset_of(position_) + ring_.capacity();
    put(commit_word(next), std::uint64_t{0});
    put_commit(position_, pad_bit | next_sequence_);
    position_ = next;
}

std::span<const std::byte, header_bytes> LogWriter::head_at(std::uint64_t position) const noexcept {
    const bool is_pad = (commit_word(position).load(std::memory_order_relaxed) & pad_bit) != 0;
    if (is_pad) position = position - ring_.offset_of(position) + ring_.capacity();
    return std::span<const std::byte, header_bytes>{data_ + ring_.offset_of(position),
                                                    header_bytes};
}

}  // namespace mycelium::memory
