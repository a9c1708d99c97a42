#include "core/wire/extension.h"

#include <mycelium/limits.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/copy.h"
#include "base/endian.h"

namespace mycelium::wire {
namespace {

using base::load_little;
using base::store_little;

constexpr std::size_t size_bytes = 2;   // of the block's size
constexpr std::size_t entry_bytes = 2;  // of an entry's type and length

enum class Entry : std::uint8_t { call_kind = 1, call_id = 2, budget = 3, method = 4, origin = 6 };

constexpr std::size_t origin_bytes = 24;       // id, sequence, timestamp
constexpr std::size_t origin_bytes_lost = 32;  // and what was lost
static_assert(plain_origin_head ==
              (plain_origin_bytes | static_cast<std::uint32_t>(Entry::origin) << 16 |
               static_cast<std::uint32_t>(origin_bytes) << 24));
static_assert(plain_origin_bytes == size_bytes + entry_bytes + origin_bytes);

/// A method longer than its length byte can say is a bug of the caller's; it is cut rather than
/// written past the block.
std::string_view method_of(const CallInfo& call) noexcept {
    return call.method.substr(0, limits::method_bytes_max);
}

std::byte* put(std::byte* at, Entry type, std::span<const std::byte> value) noexcept {
    at[0] = static_cast<std::byte>(type);
    at[1] = static_cast<std::byte>(value.size());
    base::copy(at + entry_bytes, value.data(), value.size());
    return at + entry_bytes + value.size();
}

template <class T>
std::byte* put_integer(std::byte* at, Entry type, T value) noexcept {
    std::byte bytes[sizeof(T)];
    store_little(bytes, value);
    return put(at, type, bytes);
}

std::byte* put_origin(std::byte* at, const Origin& origin) noexcept {
    std::byte bytes[origin_bytes_lost];
    store_little(bytes, origin.id);
    store_little(bytes + 8, origin.sequence);
    store_little(bytes + 16, origin.timestamp);
    store_little(bytes + 24, origin.lost);
    return put(at, Entry::origin,
               std::span{bytes}.first(origin.lost == 0 ? origin_bytes : origin_bytes_lost));
}

Origin load_origin(const std::byte* from) noexcept {
    return {load_little<std::uint64_t>(from), load_little<std::uint64_t>(from + 8),
            load_little<std::uint64_t>(from + 16), 0};
}

Error bad(std::size_t position, std::string_view reason) {
    return {Errc::malformed,
            "extension block at byte " + std::to_string(position) + ": " + std::string{reason}};
}

/// Walks the entries and remembers which were there.
class Decoder {
public:
    explicit Decoder(std::span<const std::byte> block) noexcept : block_(block) {}

    Result<Extension> decode() {
        for (std::size_t at = size_bytes; at < block_.size();) {
            if (block_.size() - at < entry_bytes) return bad(at, "an entry is cut off");
            const auto type = load_little<std::uint8_t>(&block_[at]);
            const auto length = load_little<std::uint8_t>(&block_[at + 1]);
            if (block_.size() - at - entry_bytes < length)
                return bad(at + 1, "an entry reaches past the block");
            MYCELIUM_TRY(take(type, at, block_.subspan(at + entry_bytes, length)));
            at += entry_bytes + length;
        }
        return finish();
    }

private:
    Result<void> take(std::uint8_t type, std::size_t at, std::span<const std::byte> value) {
        if (type < first_known || type > last_known) return {};
        const unsigned bit = 1u << type;
        if ((seen_ & bit) != 0) return bad(at, "an entry comes twice");
        seen_ |= bit;
        switch (static_cast<Entry>(type)) {
            case Entry::call_kind:
                return take_kind(at, value);
            case Entry::call_id:
                if (value.size() != 8) return bad(at + 1, "a call id has 8 bytes");
                call().id = load_little<std::uint64_t>(value.data());
                return {};
            case Entry::budget:
                return take_budget(at, value);
            case Entry::method:
                call().method = {reinterpret_cast<const char*>(value.data()), value.size()};
                return {};
            case Entry::origin:
                return take_origin(at, value);
        }
        return {};
    }

    Result<void> take_kind(std::size_t at, std::span<const std::byte> value) {
        if (value.size() != 1) return bad(at + 1, "a call kind has 1 byte");
        const auto kind = load_little<std::uint8_t>(value.data());
        if (kind < static_cast<std::uint8_t>(CallKind::request) ||
            kind > static_cast<std::uint8_t>(CallKind::cancel))
            return bad(at + entry_bytes, "a call kind is 1 to 5");
        call().kind = static_cast<CallKind>(kind);
        return {};
    }

    Result<void> take_budget(std::size_t at, std::span<const std::byte> value) {
        if (value.size() != 8) return bad(at + 1, "a budget has 8 bytes");
        const auto budget_ns = load_little<std::uint64_t>(value.data());
        if (budget_ns > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return bad(at + entry_bytes, "a budget is below 2^63 ns");
        call().budget = Duration{static_cast<std::int64_t>(budget_ns)};
        return {};
    }

    Result<void> take_origin(std::size_t at, std::span<const std::byte> value) {
        if (value.size() != origin_bytes && value.size() != origin_bytes_lost)
            return bad(at + 1, "an origin has 24 or 32 bytes");
        found_.origin = load_origin(value.data());
        if (value.size() == origin_bytes_lost)
            found_.origin.lost = load_little<std::uint64_t>(value.data() + origin_bytes);
        if (found_.origin.id == 0) return bad(at + entry_bytes, "an origin's id is not 0");
        return {};
    }

    CallInfo& call() noexcept { return found_.call; }

    Result<Extension> finish() const {
        const bool has_id = (seen_ & (1u << static_cast<unsigned>(Entry::call_id))) != 0;
        const CallKind kind = found_.call.kind;
        const bool needs_id = kind != CallKind::none && kind != CallKind::notification;
        if (needs_id && !has_id) return bad(size_bytes, "a call without an id");
        return found_;
    }

    static constexpr std::uint8_t first_known = static_cast<std::uint8_t>(Entry::call_kind);
    static constexpr std::uint8_t last_known = static_cast<std::uint8_t>(Entry::origin);

    std::span<const std::byte> block_;
    Extension found_;
    unsigned seen_ = 0;
};

}  // namespace

std::size_t extension_size(const CallInfo& call, const Origin& origin) noexcept {
    std::size_t size = size_bytes;
    if (origin.id != 0) size += entry_bytes + (origin.lost == 0 ? origin_bytes : origin_bytes_lost);
    if (call.kind == CallKind::none) return size;
    size += entry_bytes + 1;
    if (call.kind != CallKind::notification) size += entry_bytes + 8;
    if (call.budget > Duration::zero()) size += entry_bytes + 8;
    if (!call.method.empty()) size += entry_bytes + method_of(call).size();
    return size;
}

std::size_t encode_extension(const CallInfo& call, const Origin& origin,
                             std::span<std::byte> out) noexcept {
    const std::size_t size = extension_size(call, origin);
    if (out.size() < size) return 0;
    store_little(out.data(), static_cast<std::uint16_t>(size));
    std::byte* at = out.data() + size_bytes;
    if (origin.id != 0) at = put_origin(at, origin);
    if (call.kind == CallKind::none) return size;
    at = put_integer(at, Entry::call_kind, static_cast<std::uint8_t>(call.kind));
    if (call.kind != CallKind::notification) at = put_integer(at, Entry::call_id, call.id);
    if (call.budget > Duration::zero())
        at = put_integer(at, Entry::budget, static_cast<std::uint64_t>(call.budget.count()));
    if (!call.method.empty()) put(at, Entry::method, std::as_bytes(std::span{method_of(call)}));
    return size;
}

void encode_plain_origin(const Origin& origin,
                         std::span<std::byte, plain_origin_bytes> out) noexcept {
    store_little(out.data(), plain_origin_head);
    store_little(out.data() + 4, origin.id);
    store_little(out.data() + 12, origin.sequence);
    store_little(out.data() + 20, origin.timestamp);
}

Result<Extension> decode_extension(std::span<const std::byte> payload, std::size_t& size) {
    Extension relayed;
    std::span<const std::byte> rest = payload;
    if (take_plain_origin(rest, relayed.origin)) {
        size = plain_origin_bytes;
        return relayed;
    }
    if (payload.size() < size_bytes) return bad(0, "the payload is too short for its size");
    size = load_little<std::uint16_t>(payload.data());
    if (size < size_bytes) return bad(0, "its size counts its own 2 bytes");
    if (size > limits::extension_bytes_max) return bad(0, "its size is over extension_bytes_max");
    if (size > payload.size()) return bad(0, "its size reaches past the payload");
    return Decoder{payload.first(size)}.decode();
}

}  // namespace mycelium::wire
