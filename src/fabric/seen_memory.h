// SeenMemory: what lies in the logs and subscriptions of a process, read without its help.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

namespace mycelium::fabric {

struct SeenRecord {
    std::uint64_t position = 0;
    std::uint64_t sequence = 0;
    std::uint64_t timestamp = 0;
    std::uint64_t payload_bytes = 0;  ///< of the payload, wherever it lies
    bool is_referenced = false;
    std::uint32_t segment = 0;  ///< of a pool, if referenced
};

/// Its counts are modulo 2^32 where they lie; here they are not.
struct SeenSubscription {
    std::uint64_t epoch = 0;
    std::uint32_t port = 0;         ///< the publisher's
    std::uint32_t reader_port = 0;  ///< as the reader says
    std::uint64_t reader_pid = 0;   ///< the same
    std::uint64_t begin_sequence = 0;
    std::uint64_t head = 0;
    std::uint32_t finished = 0, delivered = 0;  ///< modulo 2^32
    std::array<std::uint64_t, drop_reason_count> dropped_by_publisher{};
    std::array<std::uint32_t, drop_reason_count> dropped_by_reader{};
    std::uint32_t reader_sleeps = 0, writer_sleeps = 0;
    std::uint64_t released = 0;
};

struct SeenLog {
    std::string path;
    std::uint64_t epoch = 0;
    std::uint32_t port = 0;
    std::uint64_t capacity = 0;
    std::uint64_t next_position = 0, next_sequence = 0;
    std::vector<SeenRecord> last;  ///< the last records of the present lap, oldest first
    std::vector<SeenSubscription> subscriptions;
};

/// The logs that the process writes, each with those who read it. Those whose layout is not ours
/// are passed over. Errors: unavailable (no such process), denied.
Result<std::vector<SeenLog>> see_logs(std::int64_t pid, std::size_t records_max);
/// Only who reads.
Result<std::vector<SeenSubscription>> see_subscriptions(std::int64_t pid);

}  // namespace mycelium::fabric
