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

    /// One record's header, and where its payload lies.
    struct Record {
        std::array<std::byte, header_bytes>
            head{};  ///< with the sequence where the commit word was
        std::uint64_t sequence = 0;
        std::span<const std::byte> payload;  ///< inside the log: to be copied with copy_payload()
        std::uint64_t next = 0;              ///< position of the next record
    };
    enum class Look : std::uint8_t { nothing, record, nonsense };

    /// Is there something at `position`? One load.
    bool has(std::uint64_t position) const noexcept {
        return commit_word(position).load(std::memory_order_relaxed) != 0;
    }
    /// Looks at `position`, past a pad. nonsense: no record that was ever committed there looks so.
    Look look(std::uint64_t position, std::uint64_t payload_bytes_max,
              Record& record) const noexcept;
    static void copy_payload(std::byte* to, std::span<const std::byte> payload) noexcept;
    /// What copy_payload needs at `to`.
    static constexpr std::size_t padded(std::size_t size) noexcept { return (size + 7) / 8 * 8; }

private:
    LogReader(const std::byte* data, const LogHeader& header) noexcept
        : data_(data), header_(header) {}
    const SharedWord& commit_word(std::uint64_t position) const noexcept {
        return *reinterpret_cast<const SharedWord*>(data_ + position % header_.capacity +
                                                    commit_offset);
    }

    const std::byte* data_;
    LogHeader header_;
};

}  // namespace mycelium::memory
