// The layout of a log segment, and the arithmetic of its positions. Format:
// docs/formats/shared-memory.md.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <mycelium/header.h>

#include "host/memory/shared_word.h"

namespace mycelium::memory {

inline constexpr std::uint64_t log_magic = 0x3130'474f'4c59'434dULL;  // "MCYLOG01"
inline constexpr std::uint32_t layout_version = 2;
inline constexpr std::size_t record_step = 32;
inline constexpr std::size_t commit_offset = 8;  ///< of the commit word in a record's header
inline constexpr std::uint64_t pad_bit = 1ULL << 63;

/// Written before the segment is passed on, constant from then on.
struct LogHeader {
    std::uint64_t magic = log_magic;
    std::uint32_t version = layout_version;
    std::uint32_t data_offset = 0;
    std::uint64_t capacity = 0;  ///< bytes of the data region; a multiple of record_step
    std::uint64_t epoch = 0;
    std::array<std::uint8_t, 16> node_id{};
    std::uint32_t port = 0;
    std::uint32_t pid = 0;
    std::uint64_t reserved = 0;
};
static_assert(sizeof(LogHeader) == 64);

/// For tools, and a hint to readers of how far the publisher is. Written by the publisher.
struct LogMetadata {
    alignas(64) SharedWord next_position;
    SharedWord next_sequence;
    alignas(64)
        SharedWord gate;  ///< nothing at or after it was overwritten when it was last looked at
    std::array<std::byte, 128> reserved;
};
static_assert(sizeof(LogMetadata) == 256);

inline constexpr std::size_t log_data_offset = sizeof(LogHeader) + sizeof(LogMetadata);

/// Positions count bytes ever written; this is where they lie.
class Ring {
public:
    explicit Ring(std::uint64_t capacity) noexcept
        : capacity_(capacity), mask_(std::has_single_bit(capacity) ? capacity - 1 : 0) {}
    std::uint64_t capacity() const noexcept { return capacity_; }
    std::uint64_t offset_of(std::uint64_t position) const noexcept {
        // A division costs as much as the rest of a small record.
        return mask_ != 0 ? position & mask_ : position % capacity_;
    }

private:
    std::uint64_t capacity_;
    std::uint64_t mask_;
};

/// Bytes that a record with this payload takes.
constexpr std::size_t record_bytes(std::size_t payload) noexcept {
    return (header_bytes + payload + record_step - 1) / record_step * record_step;
}

}  // namespace mycelium::memory
