// The vocabulary of domain messages: TLVs, and the trade. Format: docs/formats/domain-messages.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include <mycelium/codec.h>

namespace mycelium::tlv {

/// The relay domain to which a TLV number belongs: 1 market data, 2 signal, 3 execution, 0 none of
/// them.
constexpr std::uint8_t domain_of(std::uint8_t type) noexcept {
    if (type >= 1 && type <= 19) return 1;
    if ((type >= 20 && type <= 39) || (type >= 60 && type <= 79)) return 2;
    if (type >= 40 && type <= 59) return 3;
    return 0;
}

/// A set of TLV numbers.
class TypeSet {
public:
    TypeSet() = default;
    TypeSet(std::initializer_list<std::uint8_t> types) noexcept {
        for (const std::uint8_t type : types) add(type);
    }
    void add(std::uint8_t type) noexcept { words_[type / 64] |= std::uint64_t{1} << type % 64; }
    bool has(std::uint8_t type) const noexcept { return (words_[type / 64] >> type % 64 & 1) != 0; }
    bool is_empty() const noexcept { return *this == TypeSet{}; }
    /// In ascending order.
    std::vector<std::uint8_t> to_vector() const {
        std::vector<std::uint8_t> all;
        for (unsigned type = 0; type < 256; ++type)
            if (has(static_cast<std::uint8_t>(type)))
                all.push_back(static_cast<std::uint8_t>(type));
        return all;
    }
    friend bool operator==(const TypeSet&, const TypeSet&) = default;

private:
    std::array<std::uint64_t, 4> words_{};
};

/// Is one of these types among the payload's TLVs? Values are not looked at. True also of what is
/// no sequence of TLVs: whoever reads it has to judge that.
bool holds_any_among(std::span<const std::byte> payload, const TypeSet& types) noexcept;
inline bool holds_any(std::span<const std::byte> payload, const TypeSet& types) noexcept {
    // The usual case: it is the first.
    return (!payload.empty() && payload[0] != std::byte{255} &&
            types.has(std::to_integer<std::uint8_t>(payload[0]))) ||
           holds_any_among(payload, types);
}

/// Walks the heads of a payload's TLVs. The number of the first one; none: it is no sequence of
/// TLVs, or an empty one.
std::optional<std::uint8_t> first_type_among(std::span<const std::byte> payload) noexcept;
inline std::optional<std::uint8_t> first_type(std::span<const std::byte> payload) noexcept {
    // The usual case: it is alone.
    if (payload.size() >= 2 && payload[0] != std::byte{255} &&
        payload.size() == 2 + std::to_integer<std::size_t>(payload[1]))
        return std::to_integer<std::uint8_t>(payload[0]);
    return first_type_among(payload);
}

/// Builds a payload of one or more TLVs. One thread.
class Writer {
public:
    /// `overloaded`: a value over value_bytes_max, more TLVs than tlv_count_max, or a payload over
    /// message_bytes_ceiling.
    Result<void> add(std::uint8_t type, std::span<const std::byte> value);
    template <TlvType T>
    Result<void> add(const T& object) {
        std::array<std::byte, codec::TlvValue<T>::bytes> encoded;
        codec::TlvValue<T>::encode(object, encoded.data());
        return add(codec::TlvValue<T>::type,
                   std::span{encoded}.subspan(codec::TlvValue<T>::head_bytes));
    }
    std::span<const std::byte> payload() const noexcept { return payload_; }
    /// Hands the payload out and begins anew.
    std::vector<std::byte> take() noexcept;

private:
    std::vector<std::byte> payload_;
    std::size_t count_ = 0;
};

/// One executed trade: TLV number 1, 40 bytes.
struct Trade {
    std::uint64_t asset_id = 0;
    std::int64_t price = 0;           ///< fixed point, 8 decimals
    std::int64_t volume = 0;          ///< fixed point, 8 decimals
    std::uint64_t exchange_time = 0;  ///< nanoseconds since the Unix epoch
    std::uint16_t venue = 0;
    std::uint8_t asset_type = 0;
    std::uint8_t reserved = 0;
    std::uint8_t side = 0;  ///< 0 buy, 1 sell: the taker's
    std::array<std::uint8_t, 3> padding{};

    friend bool operator==(const Trade&, const Trade&) = default;
};
MYCELIUM_TLV(Trade, 1, asset_id, price, volume, exchange_time, venue, asset_type, reserved, side,
             padding);
static_assert(codec::Packed<Trade>::size == 40);

}  // namespace mycelium::tlv
