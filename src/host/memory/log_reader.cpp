#include "host/memory/log_reader.h"

#include <string>

#include "base/endian.h"

namespace mycelium::memory {

namespace {

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
    Place place;
    const Look found = find(position, payload_bytes_max, place);
    if (found != Look::record) return found;
    for (std::size_t i = 0; i < place.head.size(); ++i)
        base::store_little(record.head.data() + i * 8, place.head[i]);
    record.sequence = place.sequence;
    record.payload = place.payload();
    record.next = place.next;
    return found;
}

}  // namespace mycelium::memory
