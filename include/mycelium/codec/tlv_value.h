// TLVs in bytes, and types declared with MYCELIUM_TLV as one of them. Format:
// docs/formats/domain-messages.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include <mycelium/codec/declare.h>
#include <mycelium/codec/flat.h>
#include <mycelium/result.h>

namespace mycelium::tlv {

inline constexpr std::uint8_t extended_marker = 255;
inline constexpr std::size_t short_head_bytes = 2;     ///< type u8, length u8
inline constexpr std::size_t extended_head_bytes = 5;  ///< 255, 0, type u8, length u16
inline constexpr std::size_t short_value_bytes_max = 255;
inline constexpr std::size_t value_bytes_max = 65'535;

/// One TLV of a payload; `value` points into it.
struct Tlv {
    std::uint8_t type = 0;
    bool is_extended = false;
    std::size_t position = 0;  ///< of its first byte
    std::span<const std::byte> value;
};

/// Bytes of the head before a value of `size` bytes.
constexpr std::size_t head_bytes(std::uint8_t type, std::size_t size) noexcept {
    return size > short_value_bytes_max || type == extended_marker ? extended_head_bytes
                                                                   : short_head_bytes;
}
/// Writes head_bytes(type, size) bytes. `size` is at most value_bytes_max.
inline std::byte* write_head(std::byte* out, std::uint8_t type, std::size_t size) noexcept {
    if (head_bytes(type, size) == short_head_bytes) {
        out[0] = std::byte{type};
        out[1] = static_cast<std::byte>(size);
        return out + short_head_bytes;
    }
    out[0] = std::byte{extended_marker};
    out[1] = std::byte{0};
    out[2] = std::byte{type};
    out[3] = static_cast<std::byte>(size);
    out[4] = static_cast<std::byte>(size >> 8);
    return out + extended_head_bytes;
}

/// Cuts a payload into its TLVs without copying. At most tlv_count_max of them. A value type; one
/// thread.
class Reader {
public:
    explicit Reader(std::span<const std::byte> payload) noexcept : payload_(payload) {}

    /// The next TLV; none at the end. `malformed` says at which byte and why, and says it again
    /// when asked again. Any type may come in either form of head; which types exist is not judged.
    Result<std::optional<Tlv>> next();
    std::size_t position() const noexcept { return position_; }

private:
    std::span<const std::byte> payload_;
    std::size_t position_ = 0;
    std::size_t count_ = 0;
};

}  // namespace mycelium::tlv

namespace mycelium::codec {

template <class T>
consteval bool check_tlv() noexcept {
    static_assert(DeclarationOf<T>::tlv_type >= 1 && DeclarationOf<T>::tlv_type <= 254,
                  "TLV numbers are 1 to 254");
    check_packed_members<T>();
    static_assert(Packed<T>::size <= tlv::value_bytes_max,
                  "a TLV's value has at most 65,535 bytes");
    return true;
}

/// The value of the first TLV of that number, of exactly `size` bytes; all others are only
/// well-formed.
Result<const std::byte*> find_tlv(std::span<const std::byte> payload, std::uint8_t type,
                                  std::size_t size);
Error invalid_member_error(const char* member);

template <class T>
struct TlvValue {
    static constexpr auto type = static_cast<std::uint8_t>(DeclarationOf<T>::tlv_type);
    static constexpr std::size_t value_bytes = Packed<T>::size;
    static constexpr std::size_t head_bytes = tlv::head_bytes(type, value_bytes);
    static constexpr std::size_t bytes = head_bytes + value_bytes;

    /// Writes exactly `bytes` bytes.
    static std::size_t encode(const T& object, std::byte* out) noexcept {
        write_value(object, tlv::write_head(out, type, value_bytes));
        return bytes;
    }
    static Result<void> decode(std::span<const std::byte> payload, T& object) {
        if (!is_alone(payload)) return decode_among(payload, object);
        return decode_value(payload.data() + head_bytes, object);
    }

private:
    // The usual case: a payload that is this one TLV and nothing else.
    static bool is_alone(std::span<const std::byte> payload) noexcept {
        std::byte head[head_bytes];
        tlv::write_head(head, type, value_bytes);
        return payload.size() == bytes && std::memcmp(payload.data(), head, head_bytes) == 0;
    }
    // Out of the way of the usual case, which is a few instructions.
    [[gnu::noinline]] static Result<void> decode_among(std::span<const std::byte> payload,
                                                       T& object) {
        MYCELIUM_TRY_ASSIGN(const std::byte* value, find_tlv(payload, type, value_bytes));
        return decode_value(value, object);
    }
    static Result<void> decode_value(const std::byte* value, T& object) {
        if (const char* member = Packed<T>::invalid_member(value))
            return invalid_member_error(member);
        read_value(value, object);
        return {};
    }
    static void write_value(const T& object, std::byte* at) noexcept {
        if constexpr (Packed<T>::is_memory) {
            std::memcpy(at, &object, sizeof(T));
        } else {
            for_each_field<T>([&]<class F>(std::size_t) {
                std::memcpy(at, &F::of(object), FlatMember<typename F::Type>::size);
                at += FlatMember<typename F::Type>::size;
            });
        }
    }
    static void read_value(const std::byte* at, T& object) noexcept {
        if constexpr (Packed<T>::is_memory) {
            std::memcpy(&object, at, sizeof(T));
        } else {
            for_each_field<T>([&]<class F>(std::size_t) {
                std::memcpy(&F::of(object), at, FlatMember<typename F::Type>::size);
                at += FlatMember<typename F::Type>::size;
            });
        }
    }
};

template <class T>
void describe_tlv(Describer& to) {
    to.text("tlv ");
    to.name(declaration_of<T>.name);
    to.text(" ");
    to.number(TlvValue<T>::type);
    to.text(" ");
    to.number(Packed<T>::size);
    to.text("\n");
    Packed<T>::describe_members(to);
}

}  // namespace mycelium::codec
