#include "host/transport/inproc_record.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "base/copy.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t alignment = 16;

constexpr std::size_t aligned(std::size_t size) noexcept {
    return (size + alignment - 1) & ~(alignment - 1);
}
constexpr std::size_t cells_for(std::size_t bytes) noexcept {
    return (bytes + InprocRecord::cell_bytes - 1) / InprocRecord::cell_bytes;
}

}  // namespace

static_assert(sizeof(Origin) == 32 && alignof(Origin) <= alignment);

std::uint8_t InprocRecord::parts_of(const InprocValue& value) noexcept {
    std::uint8_t parts = 0;
    if (value.object || value.owner) parts |= owned_part;
    if (value.object) parts |= is_object;
    if (value.has_bytes) parts |= has_bytes;
    if (value.origin.id != 0) parts |= origin_part;
    if (value.call.kind != CallKind::none) parts |= call_part;
    return parts;
}

std::size_t InprocRecord::front_bytes(std::uint8_t parts) noexcept {
    static_assert(sizeof(Owned) == 32 && sizeof(Call) == 16);
    std::size_t bytes = sizeof(InprocRecord);
    if ((parts & owned_part) != 0) bytes += sizeof(Owned);
    if ((parts & origin_part) != 0) bytes += sizeof(Origin);
    if ((parts & call_part) != 0) bytes += sizeof(Call);
    return bytes;
}

std::size_t InprocRecord::cells_of(const InprocValue& value) noexcept {
    static_assert(cells_for(sizeof(InprocRecord) + sizeof(Owned) + sizeof(Origin) + sizeof(Call) +
                            aligned(limits::method_bytes_max) + copied_bytes_max) <= cells_max);
    const std::uint8_t parts = parts_of(value);
    std::size_t bytes = front_bytes(parts) + aligned(value.call.method.size());
    if ((parts & owned_part) == 0) bytes += value.bytes.size();
    return cells_for(bytes);
}

std::size_t InprocRecord::cells_of_gap() noexcept {
    return cells_for(sizeof(InprocRecord) + sizeof(wire::Gap));
}

std::byte* InprocRecord::behind_head() noexcept {
    return reinterpret_cast<std::byte*>(this) + sizeof(InprocRecord);
}

template <class T>
T* InprocRecord::part_at(std::size_t offset) noexcept {
    return std::launder(reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + offset));
}

void InprocRecord::fill(InprocValue&& value) noexcept {
    const Header& header = value.header;
    payload_size_ = static_cast<std::uint32_t>(value.bytes.size());
    sequence_ = header.sequence;
    timestamp_ = header.timestamp;
    relay_domain_ = header.relay_domain;
    source_ = header.source;
    flags_ = header.flags | flag_unchecked;
    parts_ = parts_of(value);
    call_kind_ = value.call.kind;
    method_size_ = static_cast<std::uint8_t>(value.call.method.size());

    std::byte* place = behind_head();
    if ((parts_ & owned_part) != 0) {
        const void* const data = value.object ? value.object : value.bytes.data();
        ::new (place) Owned{data, value.schema, std::move(value.owner)};
        place += sizeof(Owned);
    }
    if ((parts_ & origin_part) != 0) {
        ::new (place) Origin{value.origin};
        place += sizeof(Origin);
    }
    if ((parts_ & call_part) != 0) {
        ::new (place) Call{value.call.id, value.call.budget.count()};
        place += sizeof(Call);
        std::copy_n(reinterpret_cast<const std::byte*>(value.call.method.data()), method_size_,
                    place);
        place += aligned(method_size_);
    }
    if ((parts_ & owned_part) == 0 && payload_size_ != 0)
        base::copy(place, value.bytes.data(), payload_size_);
}

void InprocRecord::fill(const wire::Gap& gap) noexcept {
    parts_ = gap_part;
    payload_size_ = 0;
    ::new (behind_head()) wire::Gap{gap};
}

wire::Gap InprocRecord::take_gap() noexcept { return *part_at<wire::Gap>(sizeof(InprocRecord)); }

void InprocRecord::take(Message& message) noexcept {
    message.header.relay_domain = relay_domain_;
    message.header.source = source_;
    message.header.flags = flags_;
    message.header.sequence = sequence_;
    message.header.timestamp = timestamp_;
    message.header.payload_size = payload_size_;
    Payload& payload = message.payload;
    std::size_t offset = sizeof(InprocRecord);
    const void* data = nullptr;
    if ((parts_ & owned_part) != 0) {
        Owned& owned = *part_at<Owned>(offset);
        data = owned.data;
        payload.owner = std::move(owned.owner);
        if ((parts_ & is_object) != 0) {
            payload.object = data;
            payload.schema = owned.schema;
        }
        owned.~Owned();
        offset += sizeof(Owned);
    }
    if ((parts_ & origin_part) != 0) {
        message.origin = *part_at<Origin>(offset);
        offset += sizeof(Origin);
    }
    if ((parts_ & call_part) != 0) {
        const Call& call = *part_at<Call>(offset);
        message.call.kind = call_kind_;
        message.call.id = call.id;
        message.call.budget = Duration{call.budget_ns};
        offset += sizeof(Call);
        message.call.method = {part_at<const char>(offset), method_size_};
        offset += aligned(method_size_);
    }
    if ((parts_ & is_object) != 0) return;
    if ((parts_ & owned_part) == 0) data = part_at<std::byte>(offset);
    payload.bytes = {static_cast<const std::byte*>(data), payload_size_};
    payload.has_bytes = (parts_ & has_bytes) != 0;
}

std::shared_ptr<const void> InprocRecord::take_owner() noexcept {
    if ((parts_ & owned_part) == 0) return nullptr;
    Owned& owned = *part_at<Owned>(sizeof(InprocRecord));
    std::shared_ptr<const void> owner = std::move(owned.owner);
    owned.~Owned();
    return owner;
}

}  // namespace mycelium::transport
