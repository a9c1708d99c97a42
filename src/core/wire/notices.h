// Notices: what linked ports tell each other besides messages, as FastMessage notifications.
// Format: docs/formats/control.md, "Notices".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

#include "core/wire/fast_message.h"

namespace mycelium::wire {

inline constexpr std::string_view method_hello = "mycelium.hello";
inline constexpr std::string_view method_ack = "mycelium.ack";
inline constexpr std::string_view method_gap = "mycelium.gap";
inline constexpr std::string_view method_start = "mycelium.start";
inline constexpr std::string_view method_port = "mycelium.port";
inline constexpr std::string_view method_bye = "mycelium.bye";
inline constexpr std::string_view method_attach = "mycelium.attach";
inline constexpr std::string_view method_segment = "mycelium.segment";
inline constexpr std::string_view method_unmap = "mycelium.unmap";
inline constexpr std::string_view method_lend = "mycelium.lend";
inline constexpr std::string_view method_mapped = "mycelium.mapped";

/// Reader to writer: what became of the messages of this link so far, in total.
struct Ack {
    std::uint64_t delivered = 0;  ///< handed out to the user, counted one by one
    std::array<std::uint64_t, drop_reason_count> dropped{};
    /// What the reader is done with, found by sequence numbers: delivered and dropped, and what got
    /// lost unseen. 0: it does not tell.
    std::uint64_t finished = 0;
    friend bool operator==(const Ack&, const Ack&) = default;
};

/// Writer to reader: what the writer dropped since the last gap, before message `next_sequence`.
struct Gap {
    Missed dropped;
    std::uint64_t next_sequence = 0;
    friend bool operator==(const Gap&, const Gap&) = default;
};

/// Writer to reader, before the first message: where this link begins.
struct Start {
    std::uint64_t epoch = 0;
    std::uint64_t next_sequence = 0;
    friend bool operator==(const Start&, const Start&) = default;
};

/// Binder to dialler: its URL has one more port.
struct PortAdded {
    std::uint32_t port = 0;
    friend bool operator==(const PortAdded&, const PortAdded&) = default;
};

/// Writer to reader, with the descriptors of a subscription, a log and perhaps the past: where to
/// read.
struct Attach {
    std::uint64_t epoch = 0;
    std::uint64_t next_sequence = 0;  ///< of the past, if there is one
    std::uint32_t has_past = 0;
    friend bool operator==(const Attach&, const Attach&) = default;
};

/// Writer to reader, with its descriptor: messages may refer to one more segment. On a byte stream
/// not before it is `mapped`.
struct Segment {
    std::uint32_t number = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const Segment&, const Segment&) = default;
};

/// Writer to reader: no message will refer to this segment any more.
struct Unmap {
    std::uint32_t number = 0;
    friend bool operator==(const Unmap&, const Unmap&) = default;
};

/// Reader to writer, on a byte stream: messages may refer to this segment from now on.
struct Mapped {
    std::uint32_t number = 0;
    friend bool operator==(const Mapped&, const Mapped&) = default;
};

/// Whole MessagePack payloads of control messages.
std::vector<std::byte> encode_ack(const Ack& ack);
std::vector<std::byte> encode_gap(const Gap& gap);
std::vector<std::byte> encode_start(const Start& start);
std::vector<std::byte> encode_port_added(const PortAdded& port);
/// Writer to reader: acknowledge at once. It has no content.
std::vector<std::byte> encode_bye();
std::vector<std::byte> encode_attach(const Attach& attach);
std::vector<std::byte> encode_segment(const Segment& segment);
std::vector<std::byte> encode_unmap(const Unmap& unmap);
/// Writer to reader, on a byte stream, with the descriptor of a subscription: what is lent here is
/// released there. It has no content.
std::vector<std::byte> encode_lend();
std::vector<std::byte> encode_mapped(const Mapped& mapped);

/// From a notification of that notice. Unknown keys are skipped, missing ones are 0, drops for a
/// reason that is not known here count as `disconnected`. `malformed` says what and at which byte
/// of params.
Result<Ack> decode_ack(const FastMessage& message);
Result<Gap> decode_gap(const FastMessage& message);
Result<Start> decode_start(const FastMessage& message);
Result<PortAdded> decode_port_added(const FastMessage& message);
Result<Attach> decode_attach(const FastMessage& message);
Result<Segment> decode_segment(const FastMessage& message);
Result<Unmap> decode_unmap(const FastMessage& message);
Result<Mapped> decode_mapped(const FastMessage& message);

}  // namespace mycelium::wire
