// What a node's telemetry segment holds, word by word. Format: docs/formats/telemetry.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <mycelium/ext/message.h>

#include "base/count.h"

namespace mycelium::memory::telemetry {

/// The first eight bytes: "MYCTELEM".
inline constexpr std::uint64_t magic = 0x4D454C455443594D;
inline constexpr std::uint64_t version = 2;
inline constexpr const char* segment_name = "telemetry";

inline constexpr std::size_t ports_max = 256;
inline constexpr std::size_t links_max = 1024;
inline constexpr std::size_t events_max = 32;
inline constexpr std::size_t latency_buckets = 40;  ///< bucket b: 2^(b-1) <= ns < 2^b; 0: no time

enum class State : std::uint8_t { free, live, ended };

// Every struct is written once, for two uses: of base::Count in the segment, of std::uint64_t in a
// reader's copy. Texts end at their first zero byte, or at their end.

template <class Word>
struct alignas(64) Head {
    Word magic;
    Word version;
    Word segment_bytes;
    Word pid;
    Word start_ticks;      ///< of the process, as in /proc/PID/stat
    Word started_at_ns;    ///< of the node, Unix time
    Word ports_used;       ///< slots that were ever used: behind them nothing was touched
    Word links_used;       ///< the same
    Word ports_not_shown;  ///< there was no slot for them
    Word links_not_shown;
    Word events_written;  ///< the last one is in slot (events_written - 1) % events_max
    std::array<std::uint8_t, 16> node_id;
    std::array<char, 24> spare;
    std::array<char, 256> node;
};

template <class Word>
struct alignas(64) Event {
    Word version;  ///< odd while it is written
    Word number;   ///< from 1
    Word at_ns;    ///< Unix time
    std::array<char, 232> text;
};

/// A port's own numbers, and those of its links that have ended.
template <class Word>
struct PortNumbers {
    Word published, no_subscriber, shared, encoded, calls, answers, errors, links_ended;
    Word sent, delivered, bytes;
    std::array<Word, drop_reason_count> dropped;
};

template <class Word>
struct alignas(64) Port {
    Word generation;  ///< odd while what does not change is written; one up and down per use
    Word version;     ///< odd while a link's numbers move into the port's
    Word state;
    Word number;
    Word pattern;
    Word policy;  ///< what a subscriber wishes for
    Word queue_messages_max, queue_bytes_max, message_bytes_max;
    Word opened_at_ns;
    std::array<char, 48> spare;
    std::array<char, 128> type;
    std::array<char, 128> answer;
    std::array<char, 384> urls;  ///< separated by spaces
    PortNumbers<Word> numbers;
};

/// What is said once of a link.
template <class Word>
struct LinkFacts {
    Word generation;  ///< as a port's
    Word state;
    Word port;      ///< number of the port it belongs to
    Word peer_pid;  ///< 0: not known
    Word peer_port;
    Word policy;
    Word queue_messages_max, queue_bytes_max;
    Word opened_at_ns;
    std::array<char, 16> transport;
    std::array<char, 40> spare;
    std::array<char, 192> url;
    std::array<char, 128> peer;
};

/// What the writing end counts, under the lock of its queue.
template <class Word>
struct Writing {
    Word version;
    Word sent;
    Word bytes;
    Word left;  ///< messages that have begun to leave the queue
    Word queued_messages, queued_bytes;
    Word last_sequence, last_timestamp;
    std::array<Word, drop_reason_count> dropped;
    Word is_demoted;
    // Of transports with shared memory.
    Word log_bytes, log_used_bytes, pool_bytes, loans_held;
};

/// What the reading end has said of what was sent, or, where it shares memory with the writing one,
/// counts itself: on a cache line of its own.
template <class Word>
struct Settled {
    Word version;
    Word delivered;  ///< handed out, one by one
    Word finished;   ///< done with, by their sequence numbers
    // Within a process, where the reader counts itself:
    Word taken;        ///< messages taken out of the queue
    Word taken_bytes;  ///< the same
    Word malformed;    ///< dropped because they could not be decoded
    std::array<Word, 2> spare;
};

/// What the reading end counts.
template <class Word>
struct Reading {
    Word received;
    Word bytes;
    Word last_sequence, last_timestamp;
    Word latency_max_ns;
    std::array<Word, drop_reason_count> missed;
    std::array<Word, latency_buckets> latency;  ///< sampled, from timestamp to hand-out
};

template <class Word>
struct alignas(64) Link {
    LinkFacts<Word> facts;
    Writing<Word> writing;
    Settled<Word> settled;
    Reading<Word> reading;
};

/// The whole segment.
struct Segment {
    Head<base::Count> head;
    std::array<Event<base::Count>, events_max> events;
    std::array<Port<base::Count>, ports_max> ports;
    std::array<Link<base::Count>, links_max> links;
};

static_assert(sizeof(Head<base::Count>) == 384 && sizeof(Event<base::Count>) == 256);
static_assert(sizeof(Port<base::Count>) == 960 && sizeof(Link<base::Count>) == 1152);
static_assert(sizeof(Link<std::uint64_t>) == sizeof(Link<base::Count>));
static_assert(offsetof(Link<base::Count>, writing) == 448);
static_assert(offsetof(Link<base::Count>, settled) == 640);
static_assert(offsetof(Link<base::Count>, reading) == 704);
static_assert(offsetof(Segment, events) == 384 && offsetof(Segment, ports) == 8576);
static_assert(offsetof(Segment, links) == 254336 && sizeof(Segment) == 1433984);

}  // namespace mycelium::memory::telemetry
