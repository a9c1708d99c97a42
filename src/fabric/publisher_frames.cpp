// PublisherState: the short way of small messages whose links are all streams. Frames are written
// once, straight into the first link's queue, and copied into those of the others.
#include <mycelium/tlv.h>

#include "base/copy.h"
#include "base/endian.h"
#include "core/wire/extension.h"
#include "core/wire/header.h"
#include "fabric/publisher_state.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t copied_bytes_max = 1 * KiB;  // more leaves from where it lies, if it can
constexpr std::size_t frames_bytes_max = 64 * KiB;
constexpr std::size_t not_small = SIZE_MAX;

/// How many bytes it takes at most behind the header, or not_small.
std::size_t size_of(const Payload& payload) noexcept {
    if (payload.has_bytes) return payload.schema == nullptr ? payload.bytes.size() : not_small;
    const Schema& schema = *payload.schema;
    if (schema.form == Form::flat) return schema.flat_bytes;
    return schema.form == Form::tlv ? schema.encoded_bytes_max(payload.object) : not_small;
}
std::size_t size_of(const Message& message) noexcept {
    const bool is_plain = message.call.kind == CallKind::none && message.payload.has_bytes;
    return is_plain ? size_of(message.payload) : not_small;
}
std::size_t extension_bytes(const Payload&) noexcept { return 0; }
std::size_t extension_bytes(const Message& message) noexcept {
    return message.origin.id == 0 ? 0 : wire::extension_size({}, message.origin);
}

/// The first word of a header, which says what kind of message it is. A word, so that it stays in
/// a register: what was stored byte by byte and is then loaded as a whole takes a dozen cycles.
using Kind = std::uint64_t;

constexpr Kind kind_of(std::uint8_t domain, std::uint8_t source) noexcept {
    return header_magic | std::uint64_t{1} << 40 | std::uint64_t{domain} << 32 |
           std::uint64_t{source} << 48;
}
constexpr bool has_domain(Kind kind) noexcept { return (kind >> 32 & 0xff) != 0; }
constexpr Kind with_flag(Kind kind, Flag flag) noexcept { return kind | std::uint64_t{flag} << 56; }

/// Writes what comes behind the header; returns its size. `kind` is that of a message without a
/// domain; `encoded` counts what had to be encoded.
inline std::size_t write_body(const Payload& payload, std::byte* out, Kind& kind,
                              std::size_t& encoded) noexcept {
    if (payload.has_bytes) {
        base::copy_small(out, payload.bytes.data(), payload.bytes.size());
        return payload.bytes.size();
    }
    const Schema& schema = *payload.schema;
    if (schema.form == Form::flat) {
        base::copy_small(out, static_cast<const std::byte*>(payload.object), schema.flat_bytes);
        return schema.flat_bytes;
    }
    kind |= std::uint64_t{tlv::domain_of(schema.tlv_type)} << 32;
    ++encoded;
    return schema.encode(payload.object, out);
}
inline std::size_t write_body(const Message& message, std::byte* out, Kind& kind,
                              std::size_t&) noexcept {
    kind = kind_of(message.header.relay_domain, message.header.source);
    const std::size_t extension = extension_bytes(message);
    if (extension != 0) {
        kind = with_flag(kind, flag_extended);
        wire::encode_extension({}, message.origin, {out, extension});
    }
    const auto payload = message.payload.bytes;
    base::copy_small(out + extension, payload.data(), payload.size());
    return extension + payload.size();
}

}  // namespace

template <class Item>
bool PublisherState::publish_as_frames(std::span<const Item> items, std::uint32_t& subscribers) {
    const std::size_t most = std::min<std::uint64_t>(copied_bytes_max, options_.message_bytes_max);
    transport::Frames frames;
    frames.messages = items.size();
    std::size_t heads = items.size() * header_bytes;  // with extensions
    for (const Item& item : items) {
        const std::size_t size = size_of(item);
        if (size > most) return false;
        frames.payload_bytes_max = std::max(frames.payload_bytes_max, size);
        frames.payload_bytes += size;
        heads += extension_bytes(item);
    }
    frames.bytes = heads + frames.payload_bytes;
    if (frames.bytes > frames_bytes_max) return false;
    for (const LinkPtr& link : links_)
        if (!link->admits(frames)) return false;
    std::byte* const begin = links_.front()->frame_space(frames.bytes);
    if (!begin) return false;

    const bool is_checked = lean_ == Lean::checked_frames;
    const std::uint64_t timestamp = stamps_.now();
    const Kind usual = kind_of(0, options_.source);
    std::uint64_t sequence = next_sequence_ - 1;
    std::size_t encoded = 0;
    std::byte* at = begin;
    for (const Item& item : items) {
        Kind kind = usual;
        const std::size_t body = write_body(item, at + header_bytes, kind, encoded);
        ++sequence;
        if (is_checked || has_domain(kind))
            wire::store_checked_head({kind, sequence, timestamp, body}, at,
                                     {at + header_bytes, body});
        else
            wire::store_header_words({with_flag(kind, flag_unchecked), sequence, timestamp, body},
                                     at);
        at += header_bytes + body;
    }
    if (encoded != 0) {
        frames.bytes = static_cast<std::size_t>(at - begin);
        frames.payload_bytes = frames.bytes - heads;
    }
    for (const LinkPtr& link : std::span{links_}.subspan(1)) {
        std::byte* const there = link->frame_space(frames.bytes);
        if (!there) return false;
        base::copy(there, begin, frames.bytes);
    }

    next_sequence_ = sequence + 1;
    frames.last_sequence = sequence;
    frames.timestamp = timestamp;
    counters_.encoded += encoded;
    for (const LinkPtr& link : links_)
        if (link->offer_frames(frames)) ++subscribers;
    count_lean(frames.messages, subscribers, true);
    return true;
}

template bool PublisherState::publish_as_frames(std::span<const Payload>, std::uint32_t&);
template bool PublisherState::publish_as_frames(std::span<const Message>, std::uint32_t&);

}  // namespace mycelium::fabric
