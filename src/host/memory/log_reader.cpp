#include "host/memory/log_reader.h"

#include <string>

#include "base/endian.h"

namespace mycelium::memory {

namespace {

constexpr std::size_t payload_size_at = 24;

Error malformed(std::string what) {
    return {Errc::malformed, "the publisher's log " + std::move(what)};
}

}  // namespace

Result<LogReader> LogReader::over(std::span<const std::byte> map) {
    if (map.size() < log_data_offset + record_step)
        return malformed("has " + std::to_string(map.size()) + " bytes");
    LogHeader header;
    copy_out(reinterpret_cast<std::byte*>(&header), map.data(), sizeof header);
    if (header.magic != log_magic) return malformed("does not begin with MCYLOG01");
    if (header.version != layout_version)
        return malformed("has version " + std::to_string(header.version) +
                         ", this library reads version " + std::to_string(layout_version));
    if (header.data_offset != log_data_offset || header.capacity % record_step != 0 ||
        header.capacity < record_step || header.capacity > map.size() - log_data_offset)
        return malformed("states a capacity of " + std::to_string(header.capacity) + " bytes at " +
                         std::to_string(header.data_offset) + " of " + std::to_string(map.size()));
    return LogReader{map.data() + log_data_offset, header};
}

LogReader::Look LogReader::look(std::uint64_t position, std::uint64_t payload_bytes_max,
                                Record& record) const noexcept {
    if (position % record_step != 0) return Look::nonsense;
    // acquire: pairs with the release store of the batch's first commit word.
    std::uint64_t commit = commit_word(position).load(std::memory_order_acquire);
    if (commit == 0) return Look::nothing;
    if ((commit & pad_bit) != 0) {
        position = position - position % header_.capacity + header_.capacity;
        commit = commit_word(position).load(std::memory_order_acquire);
        // Nobody writes two pads in a row, and a pad is committed with the record behind it.
        if (commit == 0 || (commit & pad_bit) != 0) return Look::nonsense;
    }
    const std::uint64_t offset = position % header_.capacity;
    copy_out(record.head.data(), data_ + offset, header_bytes);
    base::store_little(&record.head[commit_offset], commit);
    const std::size_t size = base::load_little<std::uint32_t>(&record.head[payload_size_at]);
    if (size > payload_bytes_max || record_bytes(size) > header_.capacity - offset)
        return Look::nonsense;
    record.sequence = commit;
    record.payload = {data_ + offset + header_bytes, size};
    record.next = position + record_bytes(size);
    return Look::record;
}

void LogReader::copy_payload(std::byte* to, std::span<const std::byte> payload) noexcept {
    copy_out(to, payload.data(), padded(payload.size()));
}

}  // namespace mycelium::memory
