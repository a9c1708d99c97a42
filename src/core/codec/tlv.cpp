#include <mycelium/tlv.h>

#include <utility>

#include <mycelium/limits.h>

namespace mycelium::tlv {
namespace {

Error malformed_at(std::size_t position, std::string reason) {
    return {Errc::malformed, "TLV at byte " + std::to_string(position) + ": " + std::move(reason)};
}

std::size_t byte_at(std::span<const std::byte> bytes, std::size_t index) noexcept {
    return std::to_integer<std::size_t>(bytes[index]);
}

}  // namespace

Result<std::optional<Tlv>> Reader::next() {
    const auto rest = payload_.subspan(position_);
    if (rest.empty()) return std::optional<Tlv>{};
    if (count_ == limits::tlv_count_max)
        return malformed_at(
            position_, "more than " + std::to_string(limits::tlv_count_max) + " in one message");
    const bool is_extended = byte_at(rest, 0) == extended_marker;
    const std::size_t head = is_extended ? extended_head_bytes : short_head_bytes;
    if (rest.size() < head)
        return malformed_at(position_, "its head has " + std::to_string(head) + " bytes, " +
                                           std::to_string(rest.size()) + " are left");
    if (is_extended && byte_at(rest, 1) != 0)
        return malformed_at(position_ + 1, "the byte after the extended marker 255 is not 0");
    const std::size_t size =
        is_extended ? byte_at(rest, 3) | byte_at(rest, 4) << 8 : byte_at(rest, 1);
    if (size > rest.size() - head)
        return malformed_at(position_, "its value has " + std::to_string(size) + " bytes, " +
                                           std::to_string(rest.size() - head) + " are left");
    const auto type = static_cast<std::uint8_t>(byte_at(rest, is_extended ? 2 : 0));
    Tlv tlv{type, is_extended, position_, rest.subspan(head, size)};
    position_ += head + size;
    ++count_;
    return std::optional{tlv};
}

namespace {

/// Calls `visit(type)` for each TLV until it answers false. False: the heads make no sense, or
/// there is none.
template <class Visit>
bool walk(std::span<const std::byte> payload, Visit visit) noexcept {
    const std::size_t size = payload.size();
    std::size_t at = 0, count = 0;
    while (at < size) {
        const bool is_extended = byte_at(payload, at) == extended_marker;
        const std::size_t head = is_extended ? extended_head_bytes : short_head_bytes;
        if (size - at < head || count++ == limits::tlv_count_max) return false;
        if (is_extended && byte_at(payload, at + 1) != 0) return false;
        const std::size_t value = is_extended
                                      ? byte_at(payload, at + 3) | byte_at(payload, at + 4) << 8
                                      : byte_at(payload, at + 1);
        if (value > size - at - head) return false;
        if (!visit(static_cast<std::uint8_t>(byte_at(payload, at + (is_extended ? 2 : 0)))))
            return true;
        at += head + value;
    }
    return size != 0;
}

}  // namespace

bool holds_any_among(std::span<const std::byte> payload, const TypeSet& types) noexcept {
    bool holds = false;
    const bool is_sound =
        walk(payload, [&](std::uint8_t type) { return !(holds = types.has(type)); });
    return holds || !is_sound;
}

std::optional<std::uint8_t> first_type_among(std::span<const std::byte> payload) noexcept {
    std::optional<std::uint8_t> first;
    const bool is_sound = walk(payload, [&](std::uint8_t type) {
        if (!first) first = type;
        return true;
    });
    return is_sound ? first : std::nullopt;
}

Result<void> Writer::add(std::uint8_t type, std::span<const std::byte> value) {
    if (value.size() > value_bytes_max)
        return Error{Errc::overloaded, "a TLV's value of " + std::to_string(value.size()) +
                                           " bytes; at most " + std::to_string(value_bytes_max) +
                                           " fit"};
    if (count_ == limits::tlv_count_max)
        return Error{Errc::overloaded,
                     "more than " + std::to_string(limits::tlv_count_max) + " TLVs in one message"};
    const std::size_t before = payload_.size();
    const std::size_t head = head_bytes(type, value.size());
    if (head + value.size() > limits::message_bytes_ceiling - before)
        return Error{Errc::overloaded, "more TLVs than fit into one message"};
    payload_.resize(before + head);
    write_head(payload_.data() + before, type, value.size());
    payload_.insert(payload_.end(), value.begin(), value.end());
    ++count_;
    return {};
}

std::vector<std::byte> Writer::take() noexcept {
    count_ = 0;
    return std::exchange(payload_, {});
}

}  // namespace mycelium::tlv

namespace mycelium::codec {

Result<const std::byte*> find_tlv(std::span<const std::byte> payload, std::uint8_t type,
                                  std::size_t size) {
    const std::byte* found = nullptr;
    tlv::Reader reader{payload};
    for (;;) {
        MYCELIUM_TRY_ASSIGN(const auto next, reader.next());
        if (!next) break;
        if (next->type != type || found) continue;
        if (next->value.size() != size)
            return tlv::malformed_at(
                next->position, "number " + std::to_string(type) + " has " + std::to_string(size) +
                                    " bytes of value, not " + std::to_string(next->value.size()));
        found = next->value.data();
    }
    if (!found)
        return Error{Errc::malformed, "the message holds no TLV of number " + std::to_string(type)};
    return found;
}

}  // namespace mycelium::codec
