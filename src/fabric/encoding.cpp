#include "fabric/encoding.h"

#include <algorithm>
#include <string>

#include <mycelium/schema.h>

#include "base/copy.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t small_bytes_max = 16 * KiB;
constexpr std::size_t together_bytes_max = 64 * KiB;

std::size_t aligned(std::size_t size) noexcept { return (size + 15) & ~std::size_t{15}; }

/// How much its bytes take, at most.
std::size_t room_of(const Payload& payload) {
    if (payload.has_bytes) return payload.bytes.size();
    return payload.schema->form == Form::flat ? payload.schema->flat_bytes
                                              : payload.schema->encoded_bytes_max(payload.object);
}

Error too_large(std::uint64_t size, std::uint64_t most) {
    return {Errc::invalid, "a message of " + std::to_string(size) +
                               " bytes is over message_bytes_max, here " + std::to_string(most) +
                               ": raise it in the port's options, at both ends"};
}

}  // namespace

Result<void> Encoder::complete(std::span<Message> messages, Needs needs,
                               std::uint64_t message_bytes_max, base::Count& encoded) {
    for (Message& message : messages) {
        Payload& payload = message.payload;
        if (!payload.object || !needs.object || payload.owner) continue;
        if (!payload.schema->share)
            return Error{
                Errc::unsupported,
                "the type " + std::string{payload.schema->name} +
                    " cannot be copied: only a publisher can pass it on, as shared_ptr<const T>"};
        payload.owner = payload.schema->share(payload.object);
        if (!payload.owner) return Error{Errc::overloaded, "no memory for a copy of the value"};
        payload.object = payload.owner.get();
    }
    // One owner serves object and bytes: where both are wanted, the bytes need memory of their own.
    if (needs.bytes || needs.owned_bytes)
        return give_bytes(messages, needs.owned_bytes || (needs.bytes && needs.object),
                          message_bytes_max, encoded);
    for (const Message& message : messages)
        if (message.payload.has_bytes && message.payload.bytes.size() > message_bytes_max)
            return too_large(message.payload.bytes.size(), message_bytes_max);
    return {};
}

Result<void> Encoder::give_bytes(std::span<Message> messages, bool owned,
                                 std::uint64_t message_bytes_max, base::Count& encoded) {
    // First how much, so that few blocks serve all; FLAT values that have an owner are their own
    // bytes.
    const auto needs_room = [owned](const Payload& payload) {
        if (payload.has_bytes) return owned && !payload.owner;
        return payload.schema->form != Form::flat || (owned && !payload.owner);
    };
    std::size_t total = 0;
    for (const Message& message : messages) {
        const Payload& payload = message.payload;
        if (!payload.has_bytes && !payload.schema->can_leave_process())
            return Error{Errc::unsupported, "the type " + std::string{payload.schema->name} +
                                                " cannot leave this process"};
        const std::size_t size = room_of(payload);
        if (size == Schema::unencodable)
            return Error{Errc::invalid, "the value nests deeper than codec_depth_max, " +
                                            std::to_string(limits::codec_depth_max)};
        if (payload.has_bytes && size > message_bytes_max)
            return too_large(size, message_bytes_max);
        if (needs_room(payload)) total += aligned(size);
    }
    std::byte* room = nullptr;
    std::size_t left = 0;  // of it
    std::shared_ptr<const void> owner;
    const auto lend = [&](std::size_t bytes) -> Result<void> {
        auto loan = pool_.lend(bytes);
        if (loan.span().empty())
            return Error{Errc::overloaded, "no memory for " + std::to_string(bytes) + " bytes"};
        room = loan.span().data();
        left = bytes;
        owner = std::move(loan).freeze().owner();
        return {};
    };
    const bool is_lent = total > small_bytes_max || owned;
    if (!is_lent && total != 0) {
        if (small_.size() < total) small_.resize(small_bytes_max);
        room = small_.data();
    }
    for (Message& message : messages) {
        Payload& payload = message.payload;
        if (needs_room(payload)) {
            const auto* object = static_cast<const std::byte*>(payload.object);
            std::size_t size = payload.bytes.size();
            const std::size_t needed = aligned(room_of(payload));
            // Some share a block, but many do not keep each other alive.
            if (is_lent && needed > left)
                MYCELIUM_TRY(lend(std::max(needed, std::min(total, together_bytes_max))));
            if (payload.has_bytes) {
                base::copy(room, payload.bytes.data(), size);
                payload.owner = owner;
            } else if (payload.schema->form == Form::flat) {
                size = payload.schema->flat_bytes;
                base::copy(room, object, size);
            } else {
                size = payload.schema->encode(payload.object, room);
                ++encoded;
            }
            payload.bytes = {room, size};
            if (owner && !payload.owner)
                payload.owner = owner;
            else if (owner && !payload.has_bytes)
                payload.owner = std::make_shared<
                    std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
                    payload.owner, owner);
            payload.has_bytes = true;
            if (!owner) {
                // The bytes lie in small_: an owner of the object would claim to own them.
                payload.owner = nullptr;
                payload.object = nullptr;
                payload.schema = nullptr;
            }
            room += needed;
            if (is_lent) left -= needed;
            total -= needed;
        } else if (!payload.has_bytes) {
            payload.bytes = {static_cast<const std::byte*>(payload.object),
                             payload.schema->flat_bytes};
            payload.has_bytes = true;
        }
        if (payload.bytes.size() > message_bytes_max)
            return too_large(payload.bytes.size(), message_bytes_max);
    }
    return {};
}

}  // namespace mycelium::fabric
