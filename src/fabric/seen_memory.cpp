#include "fabric/seen_memory.h"

#include <algorithm>
#include <utility>

#include "core/wire/extension.h"
#include "core/wire/header.h"
#include "host/memory/log_reader.h"
#include "host/memory/subscription.h"
#include "host/os/held_memory.h"
#include "host/transport/reference.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t log_bytes_max = 4 * GiB;

SeenSubscription seen(const memory::SubscriptionLayout& layout) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    SeenSubscription seen;
    memory::SubscriptionHeader header;
    memory::copy_out(reinterpret_cast<std::byte*>(&header),
                     reinterpret_cast<const std::byte*>(&layout.header), sizeof header);
    seen.epoch = header.epoch;
    seen.port = header.port;
    seen.reader_port = header.reader_port;
    seen.reader_pid = header.reader_pid;
    seen.begin_sequence = header.begin_sequence;
    // Before the head: so that nothing seems to be done with that was not taken.
    const std::uint64_t settled = layout.settled.load(std::memory_order_acquire);
    seen.finished = static_cast<std::uint32_t>(settled >> 32);
    seen.delivered = static_cast<std::uint32_t>(settled);
    seen.head = layout.head.load(relaxed);
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        seen.dropped_by_reader[i] = static_cast<std::uint32_t>(layout.dropped[i].load(relaxed));
        for (const auto& slot : layout.slots)
            if (slot.sequence.load(relaxed) <= seen.head)
                seen.dropped_by_publisher[i] =
                    std::max(seen.dropped_by_publisher[i], slot.dropped[i].load(relaxed));
    }
    seen.reader_sleeps = layout.reader_sleeps.load(relaxed);
    seen.writer_sleeps = layout.writer_sleeps.load(relaxed);
    seen.released = layout.released.load(relaxed);
    return seen;
}

SeenRecord seen(const memory::LogReader::Record& record, std::uint64_t position) {
    SeenRecord seen;
    Header header;
    if (!wire::decode_header_raw(record.head, header)) return seen;
    seen.position = position;
    seen.sequence = record.sequence;
    seen.timestamp = header.timestamp;
    seen.payload_bytes = record.payload.size();
    seen.is_referenced = (header.flags & flag_referenced) != 0;
    if (!seen.is_referenced || record.payload.size() < transport::Reference::bytes) return seen;
    std::vector<std::byte> copy(memory::LogReader::padded(record.payload.size()));
    memory::LogReader::copy_payload(copy.data(), record.payload);
    const auto reference =
        transport::Reference::decode(std::span<const std::byte, transport::Reference::bytes>{
            copy.data() + record.payload.size() - transport::Reference::bytes,
            transport::Reference::bytes});
    seen.payload_bytes = reference.size;
    seen.segment = reference.segment;
    return seen;
}

/// Each lap begins with a record: from there on they are walked.
std::vector<SeenRecord> last_records(const memory::LogReader& log, std::uint64_t end,
                                     std::size_t most) {
    std::vector<SeenRecord> records;
    std::uint64_t position = end - end % log.header().capacity;
    memory::LogReader::Record record;
    while (position < end &&
           log.look(position, SIZE_MAX / 2, record) == memory::LogReader::Look::record) {
        records.push_back(seen(record, position));
        if (records.size() > 2 * most)
            records.erase(records.begin(), records.end() - static_cast<std::ptrdiff_t>(most));
        position = record.next;
    }
    if (records.size() > most)
        records.erase(records.begin(), records.end() - static_cast<std::ptrdiff_t>(most));
    return records;
}

}  // namespace

Result<std::vector<SeenSubscription>> see_subscriptions(std::int64_t pid) {
    MYCELIUM_TRY_ASSIGN(const os::HeldMemory found,
                        os::find_held_memory("mycelium.subscription", static_cast<pid_t>(pid)));
    std::vector<SeenSubscription> all;
    for (const os::HeldFile& file : found.files) {
        auto fd = file.open();
        if (!fd) continue;
        auto memory = os::SharedMemory::open(*std::move(fd), os::SharedMemory::Kind::looked_at,
                                             sizeof(memory::SubscriptionLayout),
                                             sizeof(memory::SubscriptionLayout));
        if (!memory) continue;
        const auto& layout = *reinterpret_cast<const memory::SubscriptionLayout*>(memory->data());
        if (layout.header.magic == memory::subscription_magic &&
            layout.header.version == memory::layout_version)
            all.push_back(seen(layout));
    }
    return all;
}

Result<std::vector<SeenLog>> see_logs(std::int64_t pid, std::size_t records_max) {
    MYCELIUM_TRY_ASSIGN(const os::HeldMemory found,
                        os::find_held_memory("mycelium.log", static_cast<pid_t>(pid)));
    MYCELIUM_TRY_ASSIGN(const auto subscriptions, see_subscriptions(pid));
    std::vector<SeenLog> logs;
    for (const os::HeldFile& file : found.files) {
        auto fd = file.open();
        if (!fd) continue;
        auto memory = os::SharedMemory::open(*std::move(fd), os::SharedMemory::Kind::log,
                                             memory::log_data_offset, log_bytes_max);
        if (!memory) continue;
        auto reader = memory::LogReader::over(memory->span());
        if (!reader) continue;
        const auto& metadata = *reinterpret_cast<const memory::LogMetadata*>(
            memory->data() + sizeof(memory::LogHeader));
        SeenLog log;
        log.path = file.path;
        log.epoch = reader->header().epoch;
        log.port = reader->header().port;
        log.capacity = reader->header().capacity;
        log.next_position = metadata.next_position.load(std::memory_order_relaxed);
        log.next_sequence = metadata.next_sequence.load(std::memory_order_relaxed);
        log.last = last_records(*reader, log.next_position, records_max);
        for (const SeenSubscription& one : subscriptions)
            if (one.epoch == log.epoch && one.port == log.port) log.subscriptions.push_back(one);
        logs.push_back(std::move(log));
    }
    return logs;
}

}  // namespace mycelium::fabric
