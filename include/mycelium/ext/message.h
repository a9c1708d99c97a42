// What travels between untyped ports: a header, what the pattern adds, and one payload, as object
// or as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <mycelium/bytes.h>
#include <mycelium/header.h>
#include <mycelium/time.h>

namespace mycelium {

struct Schema;

/// Why messages of a publisher did not reach a subscriber. At most twelve, each counted where it
/// happens.
enum class DropReason : std::uint8_t {
    queue_full,      ///< drop_oldest: the subscription's queue reached a limit
    conflated,       ///< latest: a newer message replaced it
    block_deadline,  ///< the reader held the publisher for block_max and was demoted
    disconnected,    ///< published while the subscriber had no link
    peer_gone,       ///< the link ended before it was reported as delivered
    lingered_out,    ///< the publisher closed and linger ran out
    malformed,       ///< it could not be decoded
    too_large,       ///< over the reader's message_bytes_max
    not_asked_for,   ///< of none of the TLV types that the subscription asked for
    upstream,        ///< lost on its way to the relay from which the reader reads: told as missed,
                     ///< and so among what the reader learnt of; the relay's books have none of it
    paused,          ///< published while the subscription was paused by whoever runs the publisher
};
inline constexpr std::size_t drop_reason_count = 11;
std::string_view name_of(DropReason reason) noexcept;

/// How many messages of one publisher are missing before a sample, and why.
struct Missed {
    std::array<std::uint64_t, drop_reason_count> by_reason;

    /// All zero: one store after the other, where a compiler left alone takes thirty cycles for
    /// `rep stos`. One is made for every message.
    Missed() noexcept {
        [this]<std::size_t... index>(std::index_sequence<index...>) {
            ((by_reason[index] = 0), ...);
        }
        (std::make_index_sequence<drop_reason_count>{});
    }
    /// Of those that the subscription asked for.
    std::uint64_t count() const noexcept { return total() - of(DropReason::not_asked_for); }
    explicit operator bool() const noexcept { return count() != 0; }
    /// Of the link's own numbers: also of types not asked for, but not what a relay never got.
    std::uint64_t passed_over() const noexcept { return total() - of(DropReason::upstream); }
    std::uint64_t total() const noexcept {
        std::uint64_t sum = 0;
        for (auto n : by_reason) sum += n;
        return sum;
    }
    std::uint64_t of(DropReason why) const noexcept {
        return by_reason[static_cast<std::size_t>(why)];
    }
    /// The most frequent reason; `queue_full` if nothing is missing.
    DropReason reason() const noexcept {
        std::size_t most = 0;
        for (std::size_t i = 1; i < drop_reason_count; ++i)
            if (by_reason[i] > by_reason[most]) most = i;
        return static_cast<DropReason>(most);
    }
    void add(DropReason why, std::uint64_t n) noexcept {
        by_reason[static_cast<std::size_t>(why)] += n;
    }
    void add(const Missed& other) noexcept {
        for (std::size_t i = 0; i < drop_reason_count; ++i) by_reason[i] += other.by_reason[i];
    }
    friend bool operator==(const Missed&, const Missed&) = default;
};

/// One immutable value: an object of this process, its encoded bytes, or both.
struct Payload {
    const void* object = nullptr;      ///< of the type that `schema` describes; null: bytes only
    const Schema* schema = nullptr;    ///< of `object`
    std::span<const std::byte> bytes;  ///< encoded form; meaningful if has_bytes
    bool has_bytes = false;
    /// Keeps both alive. Null: they are valid during the call only (while publishing) or until the
    /// port's next receiving call (while receiving).
    std::shared_ptr<const void> owner;
};

/// What part a message plays in request/reply. `none`: it belongs to publish/subscribe.
enum class CallKind : std::uint8_t {
    none = 0,
    request = 1,
    answer = 2,
    error = 3,
    notification = 4,
    cancel = 5
};

/// What request/reply adds to a message; travels as an extension block.
struct CallInfo {
    CallKind kind = CallKind::none;
    std::uint64_t id = 0;     ///< chosen by the requester; unique among its open calls on one link
    Duration budget{0};       ///< of a request: time left when it was sent; 0: no deadline
    std::string_view method;  ///< of a request or notification; may be empty
};

/// Of a message that has passed through a relay: what its first publisher said of it. The header's
/// own numbers are the relay's. Travels in an extension block.
struct Origin {
    std::uint64_t id = 0;         ///< that publisher's, of this run (its epoch); 0: no relay
    std::uint64_t sequence = 0;   ///< that publisher's number for it
    std::uint64_t timestamp = 0;  ///< nanoseconds since the Unix epoch, when it was published there
    /// How many of its messages were lost on their way to the relay until now, since that runs.
    std::uint64_t lost = 0;
    friend bool operator==(const Origin&, const Origin&) = default;
};

/// One message, sending or receiving.
struct Message {
    Header header;
    Origin origin;
    CallInfo call;
    Payload payload;
    Missed missed;  ///< receiving: what did not arrive before this one
};

}  // namespace mycelium
