// LogReader: the reading end of a log that another process writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <mycelium/header.h>
#include <mycelium/result.h>

#include "host/memory/log_layout.h"
#include "host/os/shared_memory.h"

namespace mycelium::memory {

/// Copies records out. Believes nothing: whatever it answers is void if, when looked at afterwards,
/// the reader's head was moved. A value but for the map, which is whoever's keeps it. One thread at
/// a time.
class LogReader {
public:
    /// Checks the layout against the size of the map. malformed says what is wrong.
    static Result<LogReader> over(std::span<const std::byte> map);
    const LogHeader& header() const noexcept { return header_; }

    /// Where a record is, and how large it says to be: checked against the map's end.
    struct Place {
        const std::byte* record = nullptr;  ///< its header, inside the log
        /// Its header's words, each loaded once, the sequence where the commit word was.
        std::array<std::uint64_t, header_bytes / 8> head{};
        std::uint64_t sequence = 0;
        std::size_t payload_bytes = 0;
        std::uint64_t next = 0;  ///< position of the next record
        /// Inside the log: to be copied with copy_payload().
        std::span<const std::byte> payload() const noexcept {
            return {record + header_bytes, payload_bytes};
        }
    };
    /// One record's header, and where its payload lies.
    struct Record {
        std::array<std::byte, header_bytes>
            head{};  ///< with the sequence where the commit word was
        std::uint64_t sequence = 0;
        std::span<const std::byte> payload;  ///< inside the log: to be copied with copy_payload()
        std::uint64_t next = 0;              ///< position of the next record
    };
    enum class Look : std::uint8_t { nothing, record, nonsense };

    /// Where the publisher says that it will write next: a hint, and its line is in its hands.
    std::uint64_t next_position() const noexcept {
        const std::byte* const metadata = data_ - log_data_offset + sizeof(LogHeader);
        return reinterpret_cast<const LogMetadata*>(metadata)->next_position.load(
            std::memory_order_relaxed);
    }
    /// Is there something at `position`? One load.
    bool has(std::uint64_t position) const noexcept {
        const SharedWord& word = commit_word(position);
        if (word.load(std::memory_order_relaxed) == 0) return false;
        __builtin_prefetch(reinterpret_cast<const std::byte*>(&word) + 64);  // its payload's end
        return true;
    }
    /// Of a stream, asks for what comes after `distance` bytes: it lies in another core's cache.
    void prefetch(std::uint64_t position) const noexcept {
        const std::byte* const ahead = data_ + ring_.offset_of(position + prefetch_distance);
        __builtin_prefetch(ahead);
        __builtin_prefetch(ahead + 64);
    }
    /// Looks at `position`, past a pad. nonsense: no record that was ever committed there looks so.
    Look find(std::uint64_t position, std::uint64_t payload_bytes_max, Place& place) const noexcept;
    /// find(), and the header as bytes.
    Look look(std::uint64_t position, std::uint64_t payload_bytes_max,
              Record& record) const noexcept;
    /// `to` lies at a multiple of 8 and has padded() bytes.
    static void copy_payload(std::byte* to, std::span<const std::byte> payload) noexcept {
        copy_out(to, payload.data(), padded(payload.size()));
    }
    static constexpr std::size_t padded(std::size_t size) noexcept { return (size + 7) / 8 * 8; }

private:
    LogReader(const std::byte* data, const LogHeader& header) noexcept
        : data_(data), ring_(header.capacity), header_(header) {}
    const SharedWord& commit_word(std::uint64_t position) const noexcept {
        return *reinterpret_cast<const SharedWord*>(data_ + ring_.offset_of(position) +
                                                    commit_offset);
    }

    static constexpr std::uint64_t prefetch_distance = 768;  // bytes; multiple of record_step

    const std::byte* data_;
    Ring ring_;
    LogHeader header_;
};

inline LogReader::Look LogReader::find(std::uint64_t position, std::uint64_t payload_bytes_max,
                                       Place& place) const noexcept {
    if (position % record_step != 0) return Look::nonsense;
    // acquire: pairs with the release store of the batch's first commit word.
    std::uint64_t commit = commit_word(position).load(std::memory_order_acquire);
    if (commit == 0) return Look::nothing;
    if ((commit & pad_bit) != 0) {
        position = position - ring_.offset_of(position) + ring_.capacity();
        commit = commit_word(position).load(std::memory_order_acquire);
        // Nobody writes two pads in a row, and a pad is committed with the record behind it.
        if (commit == 0 || (commit & pad_bit) != 0) return Look::nonsense;
    }
    const std::uint64_t offset = ring_.offset_of(position);
    place.record = data_ + offset;
    const auto* const words = reinterpret_cast<const SharedWord*>(place.record);
    place.head = {words[0].load(std::memory_order_relaxed), commit,
                  words[2].load(std::memory_order_relaxed),
                  words[3].load(std::memory_order_relaxed)};
    place.sequence = commit;
    place.payload_bytes = static_cast<std::uint32_t>(place.head[3]);
    place.next = position + record_bytes(place.payload_bytes);
    if (place.payload_bytes > payload_bytes_max ||
        record_bytes(place.payload_bytes) > ring_.capacity() - offset)
        return Look::nonsense;
    return Look::record;
}

}  // namespace mycelium::memory
