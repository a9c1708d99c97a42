// Frames: how whole messages are cut out of a stream of bytes, and how the 32 bytes before a
// payload are made. Format: docs/formats/wire.md. Pure: whoever owns the receive buffer calls these
// on spans of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <mycelium/header.h>
#include <mycelium/result.h>

#include "core/wire/header.h"

namespace mycelium::wire {

using HeaderView = std::span<const std::byte, header_bytes>;

/// The header of the next message, and how many bytes it and its payload take together.
struct FrameHead {
    Header header;
    std::uint64_t size = 0;
};

/// What a receiver whose limit for payloads is `message_bytes_max` accepts as this header's
/// payload_size: the limit, with room for an extension block; control messages may always have
/// control_bytes_max; never more than message_bytes_ceiling.
std::uint64_t payload_bytes_max(const Header& header, std::uint64_t message_bytes_max) noexcept;

/// Looks at the first header_bytes of `received`. Empty: there are fewer. `malformed`: not a header
/// of ours with no other flags than `known`, or its payload is too large. Does not look at the
/// payload; the checksum is verify_frame's.
Result<std::optional<FrameHead>> peek_frame(std::span<const std::byte> received,
                                            std::uint64_t message_bytes_max,
                                            std::uint8_t known = stream_flags);

/// The check of a frame whose payload comes piece by piece: each is read while it is in the cache.
class FrameCheck {
public:
    explicit FrameCheck(HeaderView head) noexcept;
    void add(std::span<const std::byte> payload) noexcept;
    /// `malformed`: the checksum is wrong; or the message is unchecked but carries one.
    Result<void> finish() const;

private:
    bool is_checked_;
    std::uint32_t told_;
    std::uint32_t found_;
};

/// FrameCheck of a whole frame. The payload may be in two parts.
Result<void> verify_frame(HeaderView head, std::span<const std::byte> first,
                          std::span<const std::byte> second = {});

/// Whether a message must carry a checksum: the medium asks for it (bytes leave the machine), or it
/// is a domain message, which tools of that protocol may read.
inline bool must_check(const Header& header, bool medium_is_checked) noexcept {
    return medium_is_checked || header.relay_domain != 0;
}

/// Completes `header` for a payload of at most message_bytes_ceiling bytes, which may be in two
/// parts (an extension block, then the rest), and writes its bytes: payload_size, and either the
/// checksum or the flag `unchecked`.
void encode_frame(Header& header, bool is_checked, std::span<const std::byte> first,
                  std::span<const std::byte> second,
                  std::span<std::byte, header_bytes> out) noexcept;

/// A whole control message: its header and a copy of its payload.
std::vector<std::byte> control_frame(std::span<const std::byte> payload, std::uint64_t timestamp,
                                     bool is_checked);

/// One whole message inside somebody's receive buffer.
struct Frame {
    Header header;
    std::span<const std::byte> payload;
};

/// Cuts one stream into messages. A value; one per direction of a connection.
class FrameReader {
public:
    explicit FrameReader(std::uint64_t message_bytes_max) noexcept
        : message_bytes_max_(message_bytes_max) {}

    /// Takes one verified message from the front of `received`, which then begins after it. Empty:
    /// no whole one is there; call again with the same bytes and more. `malformed` names the
    /// position in the stream and ends it: every later call repeats the refusal.
    Result<std::optional<Frame>> next(std::span<const std::byte>& received);

    /// Bytes the last next() that answered "empty" needs at the front before it can succeed.
    std::uint64_t wanted() const noexcept { return wanted_; }
    /// Bytes of the stream that were handed out as messages.
    std::uint64_t position() const noexcept { return position_; }

private:
    Error refuse(Error error);

    std::uint64_t message_bytes_max_;
    std::uint64_t position_ = 0;
    std::uint64_t wanted_ = header_bytes;
    std::optional<Error> refused_;
};

}  // namespace mycelium::wire
